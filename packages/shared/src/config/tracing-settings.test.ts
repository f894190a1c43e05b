import { expect, test } from "vitest";
import { readEnvironment } from "./read-environment.ts";
import { tracingSettings } from "./tracing-settings.ts";

function read(environment: Record<string, string>) {
  return readEnvironment(tracingSettings, { environment, readFile: () => "" });
}

test.each([
  ["0", 0],
  ["1", 1],
  ["1.0", 1],
  ["0.25", 0.25],
  [".5", 0.5],
])("%s is a share of traces", (text, share) => {
  expect(read({ OTEL_TRACES_SAMPLER_ARG: text }).tracesSamplerArg).toBe(share);
});

test.each(["1.1", "-0.5", "x", "1e-2", "50 %"])("%s is none", (text) => {
  expect(() => read({ OTEL_TRACES_SAMPLER_ARG: text })).toThrow(/^OTEL_TRACES_SAMPLER_ARG: must be a number/);
});

test("a sampler that nobody knows stops the start, with those there are", () => {
  expect(() => read({ OTEL_TRACES_SAMPLER: "parentbased" })).toThrow(
    /must be one of always_on, .*_traceidratio/,
  );
});
