import type { TracingConfig } from "../../config/index.ts";
import type { Logger } from "../logger.ts";
import { NO_TRACING, type Tracing } from "./tracing.ts";

/** Loads the OpenTelemetry SDK where an exporter is configured, and else nothing. */
export async function openTracing(service: string, config: TracingConfig, log: Logger): Promise<Tracing> {
  const url = exporterUrl(config);
  if (url === null || config.isOtelDisabled) return NO_TRACING;
  const { openSdk } = await import("./sdk.ts");
  return openSdk({
    url,
    headers: parseHeaders(config.otlpHeaders),
    serviceName: config.otelServiceName ?? `switchyard-${service}`,
    sampler: config.tracesSampler,
    samplerRatio: config.tracesSamplerArg,
    log,
  });
}

/** The endpoint of traces is used as it is; that of all signals is a base. */
export function exporterUrl({
  otlpEndpoint,
  otlpTracesEndpoint,
}: Pick<TracingConfig, "otlpEndpoint" | "otlpTracesEndpoint">): string | null {
  if (otlpTracesEndpoint !== null) return otlpTracesEndpoint;
  return otlpEndpoint === null ? null : `${otlpEndpoint.replace(/\/+$/, "")}/v1/traces`;
}

/** `name=value,name=value`, values percent-encoded, as the specification of OTLP exporters has it. */
export function parseHeaders(text: string | null): Record<string, string> {
  const pairs = (text ?? "").split(",").flatMap((part): [string, string][] => {
    const [, name = "", value = ""] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    return name === "" ? [] : [[name.toLowerCase(), decoded(value)]];
  });
  return Object.fromEntries(pairs);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
