import { z } from "zod";
import { FaultMixText } from "./faults/fault-mix.ts";
import type { SimulatorOptions } from "./start-simulator.ts";

/** Where clients look for a simulator that was started without a port. */
const DEFAULT_PORT = 4010;

const Environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(DEFAULT_PORT),
  HOST: z.string().min(1).default("127.0.0.1"),
  SIMULATOR_SEED: z.string().min(1).default("1"),
  SIMULATOR_BILL_FILE: z.string().min(1).optional(),
  SIMULATOR_FAULTS: FaultMixText.default({}),
  SIMULATOR_LATENCY_SCALE: z.coerce.number().min(0).max(1_000).default(1),
});

/** Throws one error that names every variable that is wrong. A variable that is set but empty counts as unset. */
export function readSimulatorConfig(
  environment: Readonly<Record<string, string | undefined>>,
): SimulatorOptions {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(set);
  if (!parsed.success) {
    throw new Error(
      parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"),
    );
  }
  return {
    port: parsed.data.PORT,
    host: parsed.data.HOST,
    seed: parsed.data.SIMULATOR_SEED,
    billFile: parsed.data.SIMULATOR_BILL_FILE,
    faults: parsed.data.SIMULATOR_FAULTS,
    latencyScale: parsed.data.SIMULATOR_LATENCY_SCALE,
  };
}
