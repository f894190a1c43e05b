import type { BillLine } from "@switchyard/simulator";
import { startProcess } from "@switchyard/testkit";

/** The simulated provider in a process of its own, which no test ever kills: its bill is the truth. */
export interface SimulatorProcess {
  url: string;
  bill: () => Promise<BillLine[]>;
  /** Calls that have arrived and are not over. */
  callsNow: () => Promise<number>;
  jobsWithCallsAtOnce: () => Promise<string[]>;
  /** The mix of faults that it draws from. */
  faults: () => Promise<FaultMix>;
  setFaults: (mix: FaultMix) => Promise<void>;
  stop: () => Promise<unknown>;
}

/** Faults by name, each with the share of calls that meet it. */
export type FaultMix = Readonly<Record<string, number>>;

export interface SimulatorProcessOptions {
  billFile: string;
  /** A mix such as `429=0.06,reset=0.03`. */
  faults: string;
  latencyScale: number;
  /** Fixes every answer, latency and drawn fault. */
  seed: string;
}

const ENTRY = new URL("../../../packages/simulator/src/main.ts", import.meta.url);

export async function startSimulatorProcess(options: SimulatorProcessOptions): Promise<SimulatorProcess> {
  const child = startProcess({
    name: "simulator",
    entry: ENTRY,
    env: {
      PORT: "0",
      SIMULATOR_BILL_FILE: options.billFile,
      SIMULATOR_SEED: options.seed,
      SIMULATOR_FAULTS: options.faults,
      SIMULATOR_LATENCY_SCALE: String(options.latencyScale),
    },
  });
  const line = await child.waitForLog((text) => text.includes("simulator ready"), { timeoutMs: 45_000 });
  const { url } = JSON.parse(line) as { url: string };
  const inFlight = async () =>
    (await (await fetch(`${url}/inflight`)).json()) as {
      now: number;
      jobs: { aboveOne: Record<string, number> };
    };
  return {
    url,
    async bill() {
      const text = await (await fetch(`${url}/bill`)).text();
      return text
        .split("\n")
        .filter((part) => part !== "")
        .map((part) => JSON.parse(part) as BillLine);
    },
    callsNow: async () => (await inFlight()).now,
    jobsWithCallsAtOnce: async () => Object.keys((await inFlight()).jobs.aboveOne),
    faults: async () => (await (await fetch(`${url}/faults`)).json()) as FaultMix,
    async setFaults(mix) {
      const response = await fetch(`${url}/faults`, { method: "POST", body: JSON.stringify(mix) });
      if (!response.ok) throw new Error(`the simulator refused ${JSON.stringify(mix)}`);
    },
    stop: () => child.stop(),
  };
}
