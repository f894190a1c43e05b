import { pino } from "pino";
import { expect, test } from "vitest";
import type { TracingConfig } from "../../config/index.ts";
import { exporterUrl, openTracing, parseHeaders } from "./open-tracing.ts";
import { NO_TRACING } from "./tracing.ts";

const CONFIG: TracingConfig = {
  otlpEndpoint: null,
  otlpTracesEndpoint: null,
  otlpHeaders: null,
  otelServiceName: null,
  tracesSampler: "parentbased_always_on",
  tracesSamplerArg: 1,
  isOtelDisabled: false,
};
const log = pino({ level: "silent" });

test("without an exporter, or when told not to, nothing is recorded", async () => {
  expect(await openTracing("cost", CONFIG, log)).toBe(NO_TRACING);
  const disabled = { ...CONFIG, otlpEndpoint: "http://collector:4318", isOtelDisabled: true };
  expect(await openTracing("cost", disabled, log)).toBe(NO_TRACING);
});

test.each([
  [null, null, null],
  ["http://collector:4318", null, "http://collector:4318/v1/traces"],
  ["https://collector/base/", null, "https://collector/base/v1/traces"],
  [null, "https://collector/traces/", "https://collector/traces/"],
  ["http://other:4318", "https://collector/in", "https://collector/in"],
])("of %j and %j traces go to %j", (otlpEndpoint, otlpTracesEndpoint, url) => {
  expect(exporterUrl({ otlpEndpoint, otlpTracesEndpoint })).toBe(url);
});

test.each([
  [null, {}],
  ["", {}],
  ["api-key=abc", { "api-key": "abc" }],
  ["Authorization=Basic%20YTpi , x=1", { authorization: "Basic YTpi", x: "1" }],
  ["a=b==,c=100%", { a: "b==", c: "100%" }],
  ["=x,novalue, ,d=", { d: "" }],
])("headers %j", (text, headers) => {
  expect(parseHeaders(text)).toEqual(headers);
});
