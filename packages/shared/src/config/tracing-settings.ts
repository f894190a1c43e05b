import { z } from "zod";
import type { ValuesOf } from "./read-environment.ts";
import { flag, httpUrl, nullable, oneOf, text, withDefault } from "./setting.ts";

const ratio = z
  .string()
  .regex(/^(0|1|0?\.\d{1,9}|1\.0{1,9})$/, "must be a number from 0 to 1")
  .transform(Number);

const TRACES_SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
export type TracesSampler = (typeof TRACES_SAMPLERS)[number];

/** The variables of the OpenTelemetry specification that we read ourselves, so that what is wrong with them is told at start. */
export const tracingSettings = {
  otlpEndpoint: nullable("OTEL_EXPORTER_OTLP_ENDPOINT", httpUrl, {
    meaning:
      "base address of an OpenTelemetry collector that takes OTLP over HTTP; without it nothing is traced",
  }),
  otlpTracesEndpoint: nullable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", httpUrl, {
    meaning: "address that traces are posted to, in place of the base address and /v1/traces",
  }),
  otlpHeaders: nullable("OTEL_EXPORTER_OTLP_HEADERS", text, {
    meaning: "headers for the collector, as name=value,name=value",
    isSecret: true,
  }),
  otelServiceName: nullable("OTEL_SERVICE_NAME", text, {
    meaning: "name of the process in traces; without it switchyard- and the name of the service",
  }),
  tracesSampler: withDefault("OTEL_TRACES_SAMPLER", oneOf(...TRACES_SAMPLERS), {
    default: "parentbased_always_on",
    meaning: `which traces are recorded: ${TRACES_SAMPLERS.join(", ")}`,
  }),
  tracesSamplerArg: withDefault("OTEL_TRACES_SAMPLER_ARG", ratio, {
    default: "1",
    meaning: "share of traces that the samplers with traceidratio record, from 0 to 1",
  }),
  isOtelDisabled: withDefault("OTEL_SDK_DISABLED", flag, {
    default: "false",
    meaning: "trace nothing, whatever the other variables say",
  }),
} as const;

export type TracingConfig = ValuesOf<typeof tracingSettings>;
