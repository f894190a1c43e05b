import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobView } from "@switchyard/shared/contracts";
import type { Savings } from "@switchyard/shared/ledger";
import { parseUsd } from "@switchyard/shared/pricing";
import type { BillLine } from "@switchyard/simulator";
import { closedLoop } from "../closed-loop.ts";
import { type System, startSystem } from "../durable-path/system.ts";
import { checkSums } from "./check-sums.ts";
import type { Hour } from "./week.ts";

/** Whether the strongest model writes as much as the others, or as it comes: it reasons, and writes more. */
export type SideName = "alike" | "shipped";

/** What a week came to. */
export interface WeekFigures {
  savings: Savings;
  /** Time in which the answer came, with a row read for each job. */
  answeredMs: number;
}

const HOLDOUT_PERCENT = 10;
const WAIT_SECONDS = 60;
const SHIPPED = new URL("../../../switchyard.yaml", import.meta.url);

/** Runs a week through the whole product, and holds what it says of it against its jobs and the provider's bill. */
export async function runWeek(week: readonly Hour[], side: SideName): Promise<WeekFigures> {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-week-"));
  try {
    const file = join(folder, "switchyard.yaml");
    writeFileSync(file, catalogueOf(readFileSync(SHIPPED, "utf8"), side));
    const system = await startSystem({ environment: { SWITCHYARD_CONFIG: file } });
    try {
      return await measured(system, week);
    } finally {
      await system.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * The shipped catalogue with a holdout. For `alike` the strongest model keeps its price and is one that the simulator knows
 * nothing of: such models write as sim-small does.
 */
function catalogueOf(shipped: string, side: SideName): string {
  const changes: [string, string][] = [
    ["\n  mode: local\n", `\n  mode: local\n  holdout_percent: ${HOLDOUT_PERCENT}\n`],
    ...(side === "alike"
      ? [
          [
            "\n  sim-large:\n    provider: simulated-bedrock\n",
            "\n  sim-large:\n    provider: simulated\n    provider_model: as-terse-as-small\n",
          ] satisfies [string, string],
        ]
      : []),
  ];
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`switchyard.yaml has no ${JSON.stringify(from)} to replace`);
    return text.replace(from, to);
  }, shipped);
}

async function measured(system: System, week: readonly Hour[]): Promise<WeekFigures> {
  const jobs: JobView[] = [];
  for (const { inputs, inFlight } of week) {
    await closedLoop({ count: inputs.length, inFlight }, async (index) => {
      jobs.push(await succeeded(system, inputs[index] as string));
    });
  }
  const startedAt = performance.now();
  const savings = await get<Savings>(system, "/v1/savings");
  const answeredMs = performance.now() - startedAt;
  checkSums({ savings, jobs, bill: await readBill(system) });
  return { savings, answeredMs };
}

async function succeeded(system: System, input: string): Promise<JobView> {
  const headers = { "content-type": "application/json", prefer: `wait=${WAIT_SECONDS}` };
  const job = await get<JobView>(system, "/v1/jobs", {
    method: "POST",
    headers,
    body: JSON.stringify({ input }),
  });
  if (job.status === "succeeded") return job;
  throw new Error(`a job is ${job.status} after ${WAIT_SECONDS} s: ${JSON.stringify(job.error)}`);
}

async function get<Body>({ apiUrl, apiKey }: System, path: string, init: RequestInit = {}): Promise<Body> {
  const headers = { authorization: `Bearer ${apiKey}`, ...init.headers };
  const response = await fetch(apiUrl + path, { ...init, headers });
  return (await response.json()) as Body;
}

async function readBill({ providerUrl }: System): Promise<BillLine[]> {
  const response = await fetch(`${providerUrl}/bill`);
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as BillLine);
}

/** The modelled saving lies within the measured interval. @throws Error where there is no interval. */
export function isWithin({ modelled, measured: { low_usd: low, high_usd: high } }: Savings): boolean {
  if (low === null || high === null) throw new Error("there are too few jobs for an interval");
  const each = parseUsd(modelled.saved_per_job_usd ?? "none");
  return parseUsd(low) <= each && each <= parseUsd(high);
}
