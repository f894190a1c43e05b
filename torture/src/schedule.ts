import { randomOf } from "./random.ts";

/**
 * What can be done. Redis alone is wiped, starved of memory, demoted to a replica of nobody, or replaced by its own
 * replica; DynamoDB is throttled; the provider answers errors only (`refuse`) or no connection (`shut`).
 */
export const ACTS = [
  ...(["kill", "stop", "freeze"] as const),
  ...(["wipe", "starve", "demote", "failover"] as const),
  ...(["throttle", "refuse", "shut"] as const),
] as const;
export type Act = (typeof ACTS)[number];

/** One thing that is done to one process. */
export interface Fault {
  /** Since the first submit. */
  atMs: number;
  act: Act;
  /** A process of the system, `redis`, `dynamodb` or `provider`. */
  target: string;
  /** How long it lasts; of a failover, how long the replica has heard nothing. */
  forMs: number;
}

/** One kind of fault that a plan draws from. */
export interface Chance {
  act: Act;
  targets: readonly string[];
  /** Drawn so often, relative to the others. */
  weight: number;
  forMs: readonly [from: number, to: number];
}

/** How a schedule comes about. */
export interface Plan {
  /** The mean time between two faults. */
  everyMs: number;
  /** At random, or one target after the other through the first chance's list. */
  order: "random" | "turns";
  chances: readonly Chance[];
  /** Happen in any case, in addition, in a run that submits for so long. */
  fixed: (durationMs: number) => readonly Fault[];
}

/** Time for the first jobs to get under way. */
const FIRST_MS = 1_500;
/** A process that is back is left alone for so long. */
const REST_MS = 700;

/** The faults of a run, in the order of time. They follow from the seed; what they meet does not. */
export function planFaults(plan: Plan, seed: string, durationMs: number): Fault[] {
  const random = randomOf(`faults ${seed}`);
  const faults = plan.fixed(durationMs).map(inWholeMs);
  const busyUntilMs = new Map<string, number>();
  const gap = () =>
    plan.order === "turns" ? plan.everyMs : Math.round(plan.everyMs * (0.5 + random.next()));
  let turn = 0;
  for (let atMs = FIRST_MS; atMs < durationMs && plan.chances.length > 0; atMs += gap()) {
    const chance = plan.order === "turns" ? plan.chances[0] : drawChance(plan.chances, random.next());
    if (chance === undefined) break;
    const isFree = (target: string) => (busyUntilMs.get(target) ?? 0) <= atMs;
    const free = plan.order === "turns" ? chance.targets : chance.targets.filter(isFree);
    if (free.length === 0) continue;
    const target = plan.order === "turns" ? (free[turn++ % free.length] as string) : random.pick(free);
    const forMs = random.whole(...chance.forMs);
    busyUntilMs.set(target, atMs + forMs + REST_MS);
    faults.push({ atMs, act: chance.act, target, forMs });
  }
  return faults.toSorted((a, b) => a.atMs - b.atMs);
}

function inWholeMs(fault: Fault): Fault {
  return { ...fault, atMs: Math.round(fault.atMs), forMs: Math.round(fault.forMs) };
}

function drawChance(chances: readonly Chance[], draw: number): Chance | undefined {
  let left = draw * chances.reduce((sum, { weight }) => sum + weight, 0);
  return chances.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
}

/** A schedule as one line of text, such as `1500 kill invoker 0, 2310 freeze redis 1200`. */
export function writeSchedule(faults: readonly Fault[]): string {
  return faults.map(({ atMs, act, target, forMs }) => `${atMs} ${act} ${target} ${forMs}`).join(", ");
}

/** @throws Error naming the first part that is no fault. */
export function readSchedule(text: string): Fault[] {
  const parts = text === "" ? [] : text.split(", ");
  return parts.map((part) => {
    const [, atMs, name, target, forMs] = /^(\d+) (\w+) ([\w-]+) (\d+)$/.exec(part) ?? [];
    const act = ACTS.find((known) => known === name);
    if (act === undefined || target === undefined) throw new Error(`no fault of a schedule: ${part}`);
    return { atMs: Number(atMs), act, target, forMs: Number(forMs) };
  });
}
