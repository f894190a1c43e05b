import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { TortureResult } from "./result.ts";
import { torture } from "./run.ts";
import { type PlannedRun, planRuns, shortRuns } from "./runs.ts";
import { readSchedule } from "./schedule.ts";

const { values } = parseArgs({
  // pnpm hands a separating "--" on.
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    minutes: { type: "string", default: "1" },
    /** One, or a range such as 1..3. */
    seed: { type: "string", default: "1" },
    /** One, or all. */
    scenario: { type: "string", default: "mixed" },
    /** The short set instead. */
    short: { type: "boolean", default: false },
    /** Systems beside each other: each takes most of a core. */
    "at-once": { type: "string", default: "1" },
    /** A result file: its scenario, seed, minutes and schedule again. */
    replay: { type: "string" },
    "no-write": { type: "boolean", default: false },
  },
});

const runs = chosen();
const outcomes: boolean[] = [];
const waiting = runs.values();
const lane = async () => {
  for (const run of waiting) outcomes.push(runs.length === 1 ? await runAloud(run) : await runBriefly(run));
};
await Promise.all(Array.from({ length: Math.max(1, Number(values["at-once"]) || 1) }, lane));
const failed = outcomes.filter((isSound) => !isSound).length;
if (runs.length > 1) console.log(`${outcomes.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function chosen(): PlannedRun[] {
  const { scenario, seed, replay } = values;
  if (replay !== undefined) return [recorded(replay)];
  if (values.short) return shortRuns();
  try {
    return planRuns({ scenario, seed, minutes: Number(values.minutes) });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function recorded(path: string): PlannedRun {
  const { scenario, seed, minutes, schedule } = JSON.parse(readFileSync(path, "utf8")) as TortureResult;
  return { scenario, seed, minutes, schedule: readSchedule(schedule) };
}

async function runAloud(run: PlannedRun): Promise<boolean> {
  const result = await torture({ ...run, say: (line) => console.log(line) });
  report(result);
  write(result);
  return result.isSound;
}

/** One line, and what was wrong. A run that could not be made has failed, and the others are made all the same. */
async function runBriefly(run: PlannedRun): Promise<boolean> {
  const name = `${run.scenario}, seed ${run.seed}`;
  try {
    const result = await torture({ ...run, say: () => {} });
    const { counts, isSound, tookSeconds } = result;
    const what = `${counts.accepted} jobs, ${counts.callsBilled} calls, ${counts.kills} kills, ${tookSeconds} s`;
    console.log(`${isSound ? "passed" : "FAILED"} ${name}: ${what}`);
    if (!isSound) tellProblems(result);
    write(result);
    return isSound;
  } catch (error) {
    console.log(`FAILED ${name}: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

function write(result: TortureResult): void {
  if (values["no-write"]) return;
  const folder = new URL("../results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const name = `${result.scenario}-${result.seed}${values.replay === undefined ? "" : "-replay"}.json`;
  writeFileSync(new URL(name, folder), `${JSON.stringify(result, null, 2)}\n`);
  if (runs.length === 1) console.log(`written to torture/results/${name}`);
}

function report(result: TortureResult): void {
  const { isSound, counts, acts, ends, budgets, requests, invariants, memory } = result;
  for (const part of [counts, acts, ends, requests, invariants]) {
    console.log(
      Object.entries(part)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    );
  }
  for (const [id, { looks, most, spent }] of Object.entries(budgets)) {
    console.log(`budget ${id} was seen ${looks} times, used ${most} at the most, spent ${spent}`);
  }
  for (const [name, { first, peak, last }] of Object.entries(memory)) {
    console.log(`${name} took ${first} MB at first, ${peak} at the most, ${last} at last`);
  }
  tellProblems(result);
  console.log(isSound ? "sound" : "BROKEN");
}

function tellProblems({ problems }: TortureResult): void {
  for (const problem of problems.split("; ").slice(0, 50)) if (problem !== "") console.log(problem);
}
