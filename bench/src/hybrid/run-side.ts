import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobView } from "@switchyard/shared/contracts";
import type { BillLine } from "@switchyard/simulator";
import { closedLoop } from "../closed-loop.ts";
import { type System, startSystem } from "../durable-path/system.ts";
import { checkBill } from "./check-bill.ts";
import type { DrawnJob } from "./draw-jobs.ts";
import { type EndedJob, figuresOf, type SideFigures } from "./side-figures.ts";

const SHIPPED = new URL("../../../switchyard.yaml", import.meta.url);
const SHIPPED_MODE = "\n  mode: local\n";
const IN_FLIGHT = 16;
const WAIT_SECONDS = 60;

/** Runs the jobs through the whole product, judged as said, and holds its ledger against the provider's bill. */
export async function runSide(jobs: readonly DrawnJob[], classifier: string): Promise<SideFigures> {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-hybrid-"));
  try {
    const file = join(folder, "switchyard.yaml");
    writeFileSync(file, catalogueWith(classifier));
    const system = await startSystem({ environment: { SWITCHYARD_CONFIG: file } });
    try {
      return await measured(system, jobs);
    } finally {
      await system.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The shipped catalogue, but for who judges. */
function catalogueWith(classifier: string): string {
  const shipped = readFileSync(SHIPPED, "utf8");
  if (!shipped.includes(SHIPPED_MODE)) throw new Error("switchyard.yaml has no mode local to replace");
  return shipped.replace(SHIPPED_MODE, `\n${classifier}`);
}

async function measured(system: System, jobs: readonly DrawnJob[]): Promise<SideFigures> {
  const ended: (EndedJob & { input: string; job: JobView })[] = [];
  await closedLoop({ count: jobs.length, inFlight: IN_FLIGHT }, async (index) => {
    const { input, label } = jobs[index] as DrawnJob;
    ended.push({ input, label, job: await succeeded(system, input) });
  });
  const billed = checkBill(ended, await readBill(system));
  const figures = figuresOf(ended);
  if (figures.consultations !== billed)
    throw new Error(`${figures.consultations} consultations in the ledger, ${billed} on the bill`);
  return figures;
}

async function succeeded({ apiUrl, apiKey }: System, input: string): Promise<JobView> {
  const response = await fetch(`${apiUrl}/v1/jobs`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${apiKey}`,
      "content-type": "application/json",
      prefer: `wait=${WAIT_SECONDS}`,
    },
    body: JSON.stringify({ input }),
  });
  const job = (await response.json()) as JobView;
  if (job.status === "succeeded") return job;
  throw new Error(`a job is ${job.status} after ${WAIT_SECONDS} s: ${JSON.stringify(job.error)}`);
}

async function readBill({ providerUrl }: System): Promise<BillLine[]> {
  const response = await fetch(`${providerUrl}/bill`);
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as BillLine);
}
