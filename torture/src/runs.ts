import { isScenario, SCENARIOS, type ScenarioName } from "./scenarios.ts";
import type { Fault } from "./schedule.ts";

/** One run to be made. */
export interface PlannedRun {
  scenario: ScenarioName;
  seed: string;
  minutes: number;
  /** What an earlier run did, to do it again; drawn from the seed unless given. */
  schedule?: readonly Fault[];
}

const NAMES = Object.keys(SCENARIOS) as ScenarioName[];
const SHORT_SEEDS = ["1", "2", "3"];
/** A range such as `1..20`. */
const RANGE = /^(\d{1,6})\.\.(\d{1,6})$/;
const MAX_SEEDS = 1_000;

/** Every scenario with every seed, `all` and `1..3` included. @throws Error for what is neither. */
export function planRuns(asked: { scenario: string; seed: string; minutes: number }): PlannedRun[] {
  const { scenario, minutes } = asked;
  if (!(minutes > 0)) throw new Error("--minutes takes a number above 0");
  if (scenario !== "all" && !isScenario(scenario)) {
    throw new Error(`no such scenario; there are ${NAMES.join(", ")}, and all of them as "all"`);
  }
  const names = scenario === "all" ? NAMES : [scenario];
  const seeds = seedsOf(asked.seed);
  return names.flatMap((name) => seeds.map((seed) => ({ scenario: name, seed, minutes })));
}

/** What fits into a check of every change: `mixed` with three seeds, and every other scenario once. */
export function shortRuns(): PlannedRun[] {
  return NAMES.flatMap((scenario) => {
    const seeds = scenario === "mixed" ? SHORT_SEEDS : SHORT_SEEDS.slice(0, 1);
    return seeds.map((seed) => ({ scenario, seed, minutes: SCENARIOS[scenario].shortSeconds / 60 }));
  });
}

function seedsOf(seed: string): string[] {
  const [, first, last] = RANGE.exec(seed) ?? [];
  if (first !== undefined && last !== undefined) {
    const count = Number(last) - Number(first) + 1;
    if (count < 1 || count > MAX_SEEDS) throw new Error(`--seed takes a range of 1 to ${MAX_SEEDS} seeds`);
    return Array.from({ length: count }, (_, n) => String(Number(first) + n));
  }
  // The seed is part of a file's name.
  if (!/^[\w-]{1,40}$/.test(seed))
    throw new Error("--seed takes letters, digits, _ and -, or a range as 1..3");
  return [seed];
}
