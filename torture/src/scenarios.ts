import { SERVICES, type ServiceName } from "./harness/system.ts";
import type { Chance, Plan } from "./schedule.ts";

/** A kind of run: what is submitted, what the provider does, what is done to the processes, what must hold besides. */
export interface Scenario {
  about: string;
  plan: Plan;
  /** Time between two submits, whatever became of the last one. */
  submitEveryMs: number;
  /** How many callers send each job at once, with the same key. */
  copies: number;
  /** What share of the jobs is cancelled, at a moment of chance. */
  cancelShare: number;
  /** The provider's mix of faults, and how long it takes: 1 is as long as a real model. */
  provider: { faults: string; latencyScale: number };
  processes: Partial<Record<ServiceName, number>>;
  drainTimeoutMs: number;
  /** Promises beyond the invariants. */
  allows: { extraCalls: boolean; outOfOrder: boolean };
}

const EVERY_SERVICE = [...SERVICES, "invoker-2"];
const MISBEHAVING = "429=0.05,500=0.05,reset=0.03,truncated=0.03,hang=0.01";

const NO_TIME = [0, 0] as const;
const kill = (targets: readonly string[], weight: number): Chance => ({
  ...{ act: "kill", targets, weight, forMs: NO_TIME },
});
const stop = (targets: readonly string[], weight: number): Chance => ({
  ...{ act: "stop", targets, weight, forMs: NO_TIME },
});
const freeze = (targets: readonly string[], weight: number, forMs: readonly [number, number]): Chance => ({
  ...{ act: "freeze", targets, weight, forMs },
});

const BASE = {
  submitEveryMs: 250,
  copies: 1,
  cancelShare: 0,
  provider: { faults: MISBEHAVING, latencyScale: 0.7 },
  processes: { invoker: 2 },
  drainTimeoutMs: 2_000,
  allows: { extraCalls: true, outOfOrder: true },
} as const;
const NOTHING: Plan = { everyMs: 1_000, order: "random", chances: [], fixed: [] };
const KILLS: Plan = { ...NOTHING, everyMs: 1_500, chances: [kill(EVERY_SERVICE, 1)] };

/**
 * DynamoDB is asked to leave instead of being killed: the emulator writes a row and its index entries one after the
 * other, so a kill in between would break what the real one promises.
 */
export const SCENARIOS = {
  mixed: {
    ...BASE,
    about: "every process is killed, stopped and frozen at random, Redis and DynamoDB included",
    plan: {
      ...NOTHING,
      chances: [
        kill(EVERY_SERVICE, 9),
        stop(EVERY_SERVICE, 4),
        freeze(EVERY_SERVICE, 4, [1_000, 5_500]),
        { act: "kill", targets: ["redis"], weight: 1, forMs: [100, 2_000] },
        freeze(["redis"], 1, [1_000, 5_500]),
        // For longer, the API makes its callers wait too long: `frozen` shows it.
        freeze(["dynamodb"], 1, [500, 2_000]),
        { act: "stop", targets: ["dynamodb"], weight: 1, forMs: [100, 3_000] },
      ],
    },
  },
  wipe: {
    ...BASE,
    about: "Redis is killed and comes back empty, while services are killed",
    plan: {
      ...NOTHING,
      chances: [kill(EVERY_SERVICE, 3), { act: "wipe", targets: ["redis"], weight: 1, forMs: [100, 2_000] }],
    },
  },
  "dynamodb-down": {
    ...BASE,
    about: "DynamoDB is away for 25 seconds",
    plan: { ...NOTHING, fixed: [{ atMs: 6_000, act: "stop", target: "dynamodb", forMs: 25_000 }] },
  },
  rolling: {
    ...BASE,
    about: "every process in turn is asked to leave, under load, with a provider that answers",
    provider: { faults: "", latencyScale: 0.7 },
    processes: { ingest: 2, invoker: 2 },
    drainTimeoutMs: 15_000,
    plan: {
      ...NOTHING,
      everyMs: 5_000,
      order: "turns",
      chances: [stop(["ingest", "classifier", "invoker", "cost", "ingest-2", "invoker-2"], 1)],
    },
    allows: { extraCalls: false, outOfOrder: false },
  },
  frozen: {
    ...BASE,
    about: "every process is frozen, some for longer than a queue's lock holds",
    plan: {
      ...NOTHING,
      everyMs: 2_000,
      chances: [
        freeze(EVERY_SERVICE, 3, [1_000, 5_500]),
        freeze(["invoker", "invoker-2"], 2, [6_500, 18_000]),
        freeze(["redis", "dynamodb"], 1, [1_000, 8_000]),
      ],
    },
  },
  "provider-storm": {
    ...BASE,
    about: "the provider refuses six calls of ten with 429, while services are killed",
    provider: { faults: "429=0.6", latencyScale: 0.5 },
    plan: KILLS,
  },
  "duplicate-submits": {
    ...BASE,
    about: "every job is sent by ten callers at once with one key, while services are killed",
    submitEveryMs: 500,
    copies: 10,
    plan: { ...KILLS, chances: [kill(["ingest"], 2), kill(EVERY_SERVICE, 1)] },
  },
  "cancel-race": {
    ...BASE,
    about: "four jobs of five are cancelled at a moment of chance, while services are killed",
    submitEveryMs: 100,
    cancelShare: 0.8,
    plan: KILLS,
  },
} as const satisfies Record<string, Scenario>;
export type ScenarioName = keyof typeof SCENARIOS;

export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(SCENARIOS, name);
}
