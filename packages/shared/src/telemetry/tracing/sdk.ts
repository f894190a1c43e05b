import { randomUUID } from "node:crypto";
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { TracesSampler } from "../../config/index.ts";
import type { Logger } from "../logger.ts";
import { type KeptSpans, keepSpans } from "./kept-spans.ts";
import { contextAt, placeOf, registerContext } from "./otel-context.ts";
import { queueTracing } from "./queue-hook.ts";
import { tellingExporter } from "./telling-exporter.ts";
import { type EnterSpan, type OpenSpan, withinScope } from "./trace-scope.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";
import type { Tracing } from "./tracing.ts";

export interface SdkOptions {
  /** Where spans are posted to. */
  url: string;
  headers: Record<string, string>;
  serviceName: string;
  sampler: TracesSampler;
  samplerRatio: number;
  log: Logger;
}

/** A collector that does not answer holds up the end of a process for no longer. */
const LAST_EXPORT_MS = 3_000;

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const;

/** The OpenTelemetry SDK for one service. */
export function openSdk({ url, headers, serviceName, sampler, samplerRatio, log }: SdkOptions): Tracing {
  registerContext();
  const exporter = tellingExporter(new OTLPTraceExporter({ url, headers }), log);
  const kept = keepSpans(new BatchSpanProcessor({ exporter }));
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
      .merge(resourceFromAttributes({ "service.name": serviceName, "service.instance.id": randomUUID() })),
    sampler: samplerOf(sampler, samplerRatio),
    spanProcessors: [kept.processor],
  });
  const tracer = provider.getTracer("switchyard");
  log.info({ url: new URL(url).origin, serviceName, sampler }, "traces are exported");
  return {
    enter: entering(tracer, kept),
    queues: queueTracing(tracer, kept),
    close: () => closeInTime(provider),
  };
}

function samplerOf(name: TracesSampler, ratio: number): Sampler {
  switch (name) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return new TraceIdRatioBasedSampler(ratio);
    case "parentbased_always_on":
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}

/**
 * A span is a child of the present one where both are of one trace. Else it is a child of the place it is given, and
 * linked to the present one: a queue job that carries many summonses belongs to the trace of none.
 */
function entering(tracer: Tracer, kept: KeptSpans): EnterSpan {
  const enter: EnterSpan = (traceparent, { name, kind, facts = {} }, work) => {
    const place = parseTraceparent(traceparent);
    const present = trace.getSpanContext(context.active());
    const isChild = place !== null && present?.traceId === place.traceId;
    const placed = place === null ? ROOT_CONTEXT : contextAt(place);
    const parent = isChild ? context.active() : placed;
    const links = present === undefined || isChild ? [] : [{ context: present }];
    const span = tracer.startSpan(
      name,
      { kind: KINDS[kind], attributes: { ...facts } as never, links },
      parent,
    );
    const open: OpenSpan = {
      traceparent: formatTraceparent(placeOf(span.spanContext())),
      isRecording: span.isRecording(),
      note: (more) => span.setAttributes({ ...more } as never),
      fail(errorType) {
        span.setAttribute("error.type", errorType);
        span.setStatus({ code: SpanStatusCode.ERROR });
      },
      forget: () => kept.forget(span),
    };
    const scope = { traceparent: open.traceparent as string, span: open, enter };
    return context.with(trace.setSpan(parent, span), () =>
      withinScope(scope, () => work(open).finally(() => span.end())),
    );
  };
  return enter;
}

async function closeInTime(provider: TracerProvider): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LAST_EXPORT_MS);
  });
  // What could not be exported was told when it failed.
  await Promise.race([provider.shutdown().catch(() => {}), late]).finally(() => clearTimeout(timer));
}
