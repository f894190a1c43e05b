import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { TortureResult } from "./result.ts";
import { type TortureOptions, torture } from "./run.ts";
import { isScenario, SCENARIOS } from "./scenarios.ts";
import { readSchedule } from "./schedule.ts";

const { values } = parseArgs({
  // pnpm hands a separating "--" on.
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    scenario: { type: "string", default: "mixed" },
    /** A result file: its scenario, seed, minutes and schedule again. */
    replay: { type: "string" },
    "no-write": { type: "boolean", default: false },
  },
});

const options = values.replay === undefined ? drawn() : recorded(values.replay);
const result = await torture({ ...options, say: (line) => console.log(line) });
report(result);
if (!values["no-write"]) {
  const folder = new URL("../results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const name = `${result.scenario}-${result.seed}${values.replay === undefined ? "" : "-replay"}.json`;
  writeFileSync(new URL(name, folder), `${JSON.stringify(result, null, 2)}\n`);
  console.log(`written to torture/results/${name}`);
}
process.exitCode = result.isSound ? 0 : 1;

type Chosen = Omit<TortureOptions, "say">;

function drawn(): Chosen {
  const { scenario, seed } = values;
  const minutes = Number(values.minutes);
  if (!isScenario(scenario)) return leave(`no such scenario; there are ${Object.keys(SCENARIOS).join(", ")}`);
  if (!(minutes > 0)) return leave("--minutes takes a number above 0");
  // The seed is part of a file's name.
  if (!/^[\w-]{1,40}$/.test(seed)) return leave("--seed takes letters, digits, _ and -");
  return { scenario, seed, minutes };
}

function recorded(path: string): Chosen {
  const { scenario, seed, minutes, schedule } = JSON.parse(readFileSync(path, "utf8")) as TortureResult;
  return { scenario, seed, minutes, schedule: readSchedule(schedule) };
}

function leave(why: string): never {
  console.error(why);
  process.exit(2);
}

function report({ isSound, counts, ends, requests, invariants, problems }: TortureResult): void {
  for (const part of [counts, ends, requests, invariants]) {
    console.log(
      Object.entries(part)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    );
  }
  for (const problem of problems.split("; ").slice(0, 50)) if (problem !== "") console.log(problem);
  console.log(isSound ? "sound" : "BROKEN");
}
