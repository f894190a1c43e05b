import { context, type Span, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KeptSpans, keepSpans } from "./kept-spans.ts";

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager()));
afterAll(() => context.disable());

interface Recording {
  kept: KeptSpans;
  /** Does work under a span, and ends it. */
  under: (name: string, work?: (span: Span) => void) => void;
  names: () => Promise<string[]>;
}

function recording(): Recording {
  const exporter = new InMemorySpanExporter();
  const kept = keepSpans(new SimpleSpanProcessor({ exporter }));
  const tracer = new TracerProvider({ spanProcessors: [kept.processor] }).getTracer("test");
  return {
    kept,
    under(name, work = () => {}) {
      const span = tracer.startSpan(name);
      context.with(trace.setSpan(context.active(), span), () => work(span));
      span.end();
    },
    async names() {
      await kept.processor.forceFlush();
      return exporter.getFinishedSpans().map(({ name }) => name);
    },
  };
}

test("a run that only waited is not exported, nor the queue job that held nothing else", async () => {
  const { kept, under, names } = recording();
  under("process", (process) => {
    under("run", kept.forget);
    kept.forget(process);
  });
  expect(await names()).toEqual([]);
});

test("a run under which a call was made is exported, whatever became of it, and so is all above it", async () => {
  const { kept, under, names } = recording();
  under("process", (process) => {
    under("run", (run) => {
      under("call");
      kept.forget(run);
    });
    kept.forget(process);
  });
  expect(await names()).toEqual(["call", "run", "process"]);
});

test("what nobody forgets is exported", async () => {
  const { under, names } = recording();
  under("process", () => under("run"));
  expect(await names()).toEqual(["run", "process"]);
});
