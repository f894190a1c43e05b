import type { Catalogue, Limits } from "@switchyard/shared/catalogue";
import { type QueueFacts, type QueueId, queueSlug, type ReadQueues } from "@switchyard/shared/queues";
import { drainOf, forecast } from "./forecast.ts";
import type { LoadQuery } from "./load-query.ts";

/** One queue, as autoscalers and dashboards see it. */
export interface QueueLoad {
  queue: string;
  stage: QueueId["stage"];
  model: string;
  paused: boolean;
  /** What keeps workers busy, now or soon: 0 while the queue is paused. */
  load: number;
  waiting: number;
  prioritized: number;
  active: number;
  delayed: number;
  dueDelayed: number;
  oldestAgeSeconds: number;
  backlogTokenSeconds: number;
  drainSeconds: number | null;
}

/** The queues that were asked about, and all of them taken together. */
export interface LoadAnswer {
  asOf: string;
  load: number;
  backlogTokenSeconds: number;
  drainSeconds: number | null;
  queues: QueueLoad[];
}

type ReadLoad = (query: LoadQuery) => Promise<LoadAnswer>;

/** What autoscalers and dashboards are told of queues; it follows from Redis and the catalogue alone. */
export function loadReader(read: ReadQueues, catalogue: Catalogue): ReadLoad {
  return async (query) => {
    const reading = await read(queuesOf(catalogue, query), query.dueWithinMs);
    const asked = reading.queues.filter((facts) => query.models.length > 0 || isOfInterest(catalogue, facts));
    const queues = asked.map((facts) => loadOf(facts, limitsOf(catalogue, facts)));
    return {
      asOf: new Date(reading.atMs).toISOString(),
      load: sum(queues.map(({ load }) => load)),
      backlogTokenSeconds: rounded(sum(queues.map((one) => one.backlogTokenSeconds))),
      drainSeconds: drainOf(
        queues.map((one) => ({ ...one, jobs: one.waiting + one.prioritized + one.dueDelayed })),
      ),
      queues,
    };
  };
}

function queuesOf({ models }: Catalogue, query: LoadQuery): QueueId[] {
  const modelIds = query.models.length > 0 ? query.models : [...models.keys()];
  return query.stages.flatMap((stage): QueueId[] =>
    stage === "invoke" ? modelIds.map((modelId) => ({ stage, modelId })) : [{ stage }],
  );
}

/** Models that nobody can call have a queue only as long as something is left in it. */
function isOfInterest({ models }: Catalogue, facts: QueueFacts): boolean {
  if (facts.modelId === undefined || models.get(facts.modelId)?.isActive === true) return true;
  return facts.waiting + facts.prioritized + facts.active + facts.delayed > 0;
}

function limitsOf({ models, providers }: Catalogue, { modelId }: QueueFacts): Limits[] {
  const model = models.get(modelId ?? "");
  if (model === undefined) return [];
  const provider = providers.get(model.providerId);
  return provider === undefined ? [model.limits] : [model.limits, provider.limits];
}

function loadOf(facts: QueueFacts, limits: readonly Limits[]): QueueLoad {
  const { stage, modelId, isPaused, waiting, prioritized, active, delayed, dueDelayed } = facts;
  const { backlogTokenSeconds, drainSeconds } = forecast(facts, limits);
  return {
    queue: modelId === undefined ? stage : `${stage}-${queueSlug(modelId)}`,
    stage,
    model: modelId ?? "none",
    paused: isPaused,
    load: isPaused ? 0 : waiting + prioritized + active + dueDelayed,
    ...{ waiting, prioritized, active, delayed, dueDelayed },
    oldestAgeSeconds: facts.oldestAgeMs / 1_000,
    backlogTokenSeconds: rounded(backlogTokenSeconds),
    drainSeconds: drainSeconds === null ? null : rounded(drainSeconds),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** To a thousandth: the rest is noise. */
function rounded(number: number): number {
  return Math.round(number * 1_000) / 1_000;
}
