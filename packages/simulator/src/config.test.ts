import { expect, it } from "vitest";
import { readSimulatorConfig } from "./config.ts";

it("an empty environment gives the defaults", () => {
  expect(readSimulatorConfig({ SIMULATOR_BILL_FILE: "" })).toEqual({
    port: 4010,
    host: "127.0.0.1",
    seed: "1",
    billFile: undefined,
    faults: {},
    latencyScale: 1,
  });
});

it("every variable is read", () => {
  const environment = {
    PORT: "0",
    HOST: "0.0.0.0",
    SIMULATOR_SEED: "42",
    SIMULATOR_BILL_FILE: "/tmp/bill.jsonl",
    SIMULATOR_FAULTS: "429=0.06,hang=0.03",
    SIMULATOR_LATENCY_SCALE: "0",
  };
  expect(readSimulatorConfig(environment)).toEqual({
    port: 0,
    host: "0.0.0.0",
    seed: "42",
    billFile: "/tmp/bill.jsonl",
    faults: { "429": 0.06, hang: 0.03 },
    latencyScale: 0,
  });
});

it("all problems are named at once", () => {
  const environment = { PORT: "http", SIMULATOR_LATENCY_SCALE: "-1", SIMULATOR_FAULTS: "hangs=0.1" };
  expect(() => readSimulatorConfig(environment)).toThrow(/PORT.*SIMULATOR_FAULTS.*SIMULATOR_LATENCY_SCALE/s);
});
