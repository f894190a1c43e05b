import { context, trace } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Telemetry } from "bullmq";
import { beforeAll, expect, test } from "vitest";
import { keepSpans } from "./kept-spans.ts";
import { registerContext } from "./otel-context.ts";
import { queueTracing } from "./queue-hook.ts";

beforeAll(registerContext);

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

function opened() {
  const exporter = new InMemorySpanExporter();
  const kept = keepSpans(new SimpleSpanProcessor({ exporter }));
  const tracer = new TracerProvider({ spanProcessors: [kept.processor] }).getTracer("test");
  const queues = queueTracing(tracer, kept);
  const hook = queues.hook as Telemetry;
  return {
    queues,
    hook,
    inSpan(work: () => void) {
      const span = tracer.startSpan("present");
      context.with(trace.setSpan(context.active(), span), work);
    },
    /** A queue job's span, as the library begins one. */
    process(metadata: string) {
      const at = hook.contextManager.fromMetadata(hook.contextManager.active(), metadata);
      hook.tracer.startSpan("process classify", undefined, at).end();
    },
    async spans() {
      await kept.processor.forceFlush();
      return exporter.getFinishedSpans();
    },
  };
}

test("a queue job is processed below what it brings with it, whatever its worker was started under", async () => {
  const { queues, process, inSpan, spans } = opened();
  inSpan(() => {
    process(queues.metadataOf(TRACEPARENT));
    process("{}");
  });
  const [own, list] = await spans();
  expect(own?.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: "00f067aa0ba902b7" });
  expect(list?.parentSpanContext).toBeUndefined();
});

test("what is added apart brings the place it is given, or none, whatever the present span is", () => {
  const { queues, hook, inSpan } = opened();
  const { contextManager } = hook;
  const brought = (traceparent?: string) =>
    queues.apart(
      traceparent,
      () => JSON.parse(contextManager.getMetadata(contextManager.active())) as unknown,
    );
  inSpan(() => {
    expect(brought(TRACEPARENT)).toEqual({ traceparent: TRACEPARENT });
    expect(brought()).toEqual({});
  });
});

test("the library's housekeeping makes no spans, and of an error no more than its name is told", async () => {
  const { hook, spans } = opened();
  const housekeeping = hook.tracer.startSpan("moveStalledJobsToWait classify");
  housekeeping.setAttributes({ here: 1 });
  housekeeping.end();
  const add = hook.tracer.startSpan("add classify.classify");
  add.addEvent("job failed", { reason: "a secret" });
  add.recordException(new TypeError("a secret"));
  add.end();
  const [only, ...others] = await spans();
  expect(others).toEqual([]);
  expect(only).toMatchObject({
    name: "add classify.classify",
    events: [],
    attributes: { "error.type": "TypeError" },
  });
});
