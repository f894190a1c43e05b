import { markerOf, POISONS, type Poison } from "./harness/prompts.ts";
import type { Detour } from "./harness/servers.ts";
import { type Preload, SERVICES, type ServiceName } from "./harness/system.ts";
import type { Chance, Fault, Plan } from "./schedule.ts";

/** A kind of run: what is submitted, what the provider does, what is done to the processes, what must hold besides. */
export interface Scenario {
  about: string;
  plan: Plan;
  /** Time between two submits, whatever became of the last one. */
  submitEveryMs: number;
  /** Submits that may be unanswered at once: past them the caller waits, as a careful one would. */
  maxOpen: number;
  /** Nothing is submitted past so many jobs. */
  maxJobs: number;
  /** How many callers send each job at once, with the same key. */
  copies: number;
  /** What share of the jobs is cancelled, at a moment of chance. */
  cancelShare: number;
  /** Each in turn is the prompt of one job of so many. */
  poisons: { oneOf: number; kinds: readonly Poison[] };
  /** The model that judges each job first, and how, in the words of the catalogue; null: none does. */
  llm: string | null;
  /** The provider's mix of faults, and how long it takes: 1 is as long as a real model. */
  provider: { faults: string; latencyScale: number };
  processes: Partial<Record<ServiceName, number>>;
  /** What stands between the services and their servers. */
  detours: readonly Detour[];
  /** What chosen processes load before anything of ours. */
  preloads: Readonly<Record<string, Preload>>;
  drainTimeoutMs: number;
  /** Promises beyond the invariants; poisoned jobs always fail. */
  allows: {
    extraCalls: boolean;
    outOfOrder: boolean;
    failures: boolean;
    /** Calls without an answer, however long the run. */
    vainCalls: number;
  };
  /** How long the short set submits. */
  shortSeconds: number;
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

/** The same act on several at once. */
const each = (targets: readonly string[], fault: Omit<Fault, "target">): Fault[] =>
  targets.map((target) => ({ ...fault, target }));

/**
 * How wrong clocks are: two of them are then two minutes apart, which is longer than any lease here. Services go by the
 * clock of Redis.
 */
const CLOCKS_WITHIN_MS = 60_000;
const clock = ({ offsetMs = 0, driftMs = 0 }): Preload => ({
  module: "skewed-clock",
  with: { offsetMs, driftMs, withinMs: CLOCKS_WITHIN_MS },
});

const BASE = {
  submitEveryMs: 250,
  copies: 1,
  maxOpen: 100,
  maxJobs: Number.POSITIVE_INFINITY,
  cancelShare: 0,
  poisons: { oneOf: Number.POSITIVE_INFINITY, kinds: [] },
  llm: null,
  provider: { faults: MISBEHAVING, latencyScale: 0.7 },
  processes: { invoker: 2 },
  detours: [],
  preloads: {},
  drainTimeoutMs: 2_000,
  allows: { extraCalls: true, outOfOrder: true, failures: true, vainCalls: Number.POSITIVE_INFINITY },
  shortSeconds: 10,
} as const;
/** For faults that cost no call and no job: whatever is called again or fails was our doing. */
const EVERY_CALL_ONCE = {
  provider: { faults: "", latencyScale: 0.7 },
  allows: { ...BASE.allows, extraCalls: false, failures: false },
} as const;
const NOTHING: Plan = { everyMs: 1_000, order: "random", chances: [], fixed: () => [] };
const KILLS: Plan = { ...NOTHING, everyMs: 1_500, chances: [kill(EVERY_SERVICE, 1)] };

/**
 * DynamoDB is asked to leave instead of being killed: the emulator writes a row and its index entries one after the
 * other, so a kill in between would break what the real one promises.
 */
export const SCENARIOS = {
  mixed: {
    ...BASE,
    shortSeconds: 60,
    about: "every process is killed, stopped and frozen at random, Redis and DynamoDB included",
    plan: {
      ...NOTHING,
      chances: [
        kill(EVERY_SERVICE, 9),
        stop(EVERY_SERVICE, 4),
        freeze(EVERY_SERVICE, 4, [1_000, 5_500]),
        { act: "kill", targets: ["redis"], weight: 1, forMs: [100, 2_000] },
        freeze(["redis"], 1, [1_000, 5_500]),
        freeze(["dynamodb"], 1, [1_000, 5_500]),
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
    about: "DynamoDB is away, for up to 25 seconds",
    plan: {
      ...NOTHING,
      fixed: (durationMs) => [
        { atMs: 2_000, act: "stop", target: "dynamodb", forMs: Math.min(25_000, durationMs / 2) },
      ],
    },
  },
  "dynamodb-throttled": {
    ...BASE,
    about: "DynamoDB refuses three requests of ten, and of some the reply is lost",
    provider: EVERY_CALL_ONCE.provider,
    allows: { ...EVERY_CALL_ONCE.allows, extraCalls: true },
    detours: ["dynamodb"],
    plan: {
      ...NOTHING,
      fixed: (durationMs) => [
        { atMs: 1_000, act: "throttle", target: "dynamodb", forMs: durationMs - 2_000 },
      ],
    },
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
    allows: { ...EVERY_CALL_ONCE.allows, outOfOrder: false },
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
  oom: {
    ...BASE,
    ...EVERY_CALL_ONCE,
    about: "Redis has no memory to write, or is demoted and read-only, again and again",
    plan: {
      ...NOTHING,
      everyMs: 4_000,
      chances: [
        { act: "starve", targets: ["redis"], weight: 2, forMs: [1_500, 8_000] },
        { act: "demote", targets: ["redis"], weight: 1, forMs: [1_500, 5_000] },
      ],
    },
  },
  failover: {
    ...BASE,
    ...EVERY_CALL_ONCE,
    about: "the master of Redis dies, and a replica that has heard nothing for a while takes its place",
    detours: ["replica"],
    plan: {
      ...NOTHING,
      everyMs: 5_000,
      chances: [{ act: "failover", targets: ["redis"], weight: 1, forMs: [1_000, 4_000] }],
    },
  },
  clock: {
    ...BASE,
    about: "clocks are up to a minute wrong, or drift that far, while services are killed and Redis is wiped",
    // Long calls, of which a wiped Redis knows nothing: then the lease alone keeps a second run from calling.
    provider: { faults: MISBEHAVING.replace("hang=0.01", "hang=0.08"), latencyScale: 2 },
    processes: { invoker: 2, cost: 2 },
    preloads: {
      ingest: clock({ driftMs: 5_000 }),
      invoker: clock({ offsetMs: -CLOCKS_WITHIN_MS }),
      "invoker-2": clock({ driftMs: 5_000 }),
      cost: clock({ offsetMs: CLOCKS_WITHIN_MS }),
    },
    plan: {
      ...KILLS,
      chances: [
        kill([...EVERY_SERVICE, "cost-2"], 2),
        { act: "wipe", targets: ["redis"], weight: 1, forMs: [0, 500] },
      ],
    },
  },
  poison: {
    ...BASE,
    about: "some prompts kill every process that has them in hand",
    ...EVERY_CALL_ONCE,
    provider: { faults: "", latencyScale: 0.1 },
    allows: { ...EVERY_CALL_ONCE.allows, extraCalls: true },
    poisons: { oneOf: 13, kinds: POISONS },
    preloads: {
      invoker: { module: "poison", with: { read: markerOf("read"), sent: markerOf("sent") } },
      "invoker-2": { module: "poison", with: { read: markerOf("read"), sent: markerOf("sent") } },
      classifier: { module: "poison", with: { read: markerOf("classify") } },
    },
    plan: NOTHING,
  },
  "backlog-restart": {
    ...BASE,
    ...EVERY_CALL_ONCE,
    about: "jobs pile up while nobody calls a model, and then everything is restarted at once",
    submitEveryMs: 1,
    // As fast as they are accepted, without a queue in front of the API.
    maxOpen: 24,
    maxJobs: 3_000,
    provider: { faults: "", latencyScale: 0.1 },
    plan: {
      ...NOTHING,
      fixed: (durationMs) => [
        ...each(["invoker", "invoker-2"], { atMs: 0, act: "stop", forMs: durationMs }),
        ...each(["ingest", "classifier", "cost", "redis"], { atMs: durationMs, act: "kill", forMs: 1_000 }),
      ],
    },
  },
  "provider-down": {
    ...BASE,
    ...EVERY_CALL_ONCE,
    about: "the provider answers nothing but 500, and later refuses every connection",
    // Each of three models opens its breaker twice, and then tries again ever more rarely.
    allows: { ...EVERY_CALL_ONCE.allows, vainCalls: 100 },
    detours: ["provider"],
    plan: {
      ...NOTHING,
      fixed: (durationMs) => [
        { atMs: durationMs * 0.1, act: "refuse", target: "provider", forMs: durationMs * 0.45 },
        { atMs: durationMs * 0.6, act: "shut", target: "provider", forMs: durationMs * 0.35 },
      ],
    },
  },
  "provider-storm": {
    ...BASE,
    about: "the provider refuses every other call with 429, while services are killed",
    // Of few jobs, few are refused so often that their pauses become long.
    shortSeconds: 5,
    provider: { faults: "429=0.5", latencyScale: 0.5 },
    plan: KILLS,
  },
  "duplicate-submits": {
    ...BASE,
    about: "every job is sent by ten callers at once with one key, while services are killed",
    submitEveryMs: 1_000,
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
  judged: {
    ...BASE,
    about: "a model judges each job first, a third of them is cancelled, and services are killed",
    llm: "{ model: sim-small, timeout_ms: 3000 }",
    cancelShare: 0.3,
    plan: KILLS,
  },
} as const satisfies Record<string, Scenario>;
export type ScenarioName = keyof typeof SCENARIOS;

export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(SCENARIOS, name);
}
