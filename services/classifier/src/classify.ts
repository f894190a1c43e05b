import { performance } from "node:perf_hooks";
import type { Catalogue } from "@switchyard/shared/catalogue";
import {
  type ChatMessage,
  type ClassBounds,
  isTerminal,
  type JobClass,
  summonsOf,
  UNBOUNDED,
} from "@switchyard/shared/contracts";
import type { JobRow, Ledger, StoredDecision } from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import type { PriceBook } from "@switchyard/shared/pricing";
import { type EventPublisher, later, type StageHandler } from "@switchyard/shared/queues";
import type { Logger, Metrics } from "@switchyard/shared/telemetry";
import type { Judge } from "./judge/judge.ts";
import { chooseClass, type OutcomeModel } from "./outcome/outcome-model.ts";
import { countShadow, shadowOf } from "./outcome/shadow.ts";
import { type Route, type RouteRequest, routeJob } from "./route.ts";

export interface Decider {
  catalogue: Catalogue;
  prices: PriceBook;
  judge: Judge;
  /** Moves judged classes. */
  outcome?: OutcomeModel | undefined;
  /** Is only asked what it would have chosen. */
  shadow?: OutcomeModel | undefined;
}

/** What a decision is made from; the same for a job and for a dry run. */
export interface DecideRequest extends Omit<RouteRequest, "class"> {
  messages: readonly ChatMessage[];
  bounds: ClassBounds;
}

export interface Decided {
  decision: StoredDecision;
  route: Route;
}

/** Judges a prompt and chooses its model. Spends nothing and writes nothing. */
export async function decide(decider: Decider, request: DecideRequest): Promise<Decided> {
  const startedAt = performance.now();
  const judgement = await decider.judge.judge({ messages: request.messages });
  const judged = judgement.class;
  const { class: jobClass, reasons } = chooseClass(judged, request, decider.outcome);
  const routeAs = (as: JobClass) => routeJob(decider.catalogue, decider.prices, { ...request, class: as });
  const route = routeAs(jobClass);
  const shadow = decider.shadow && shadowOf(decider.shadow, { request, judged, route, routeAs });
  const decision: StoredDecision = {
    class: jobClass,
    ...(jobClass === judged ? {} : { judged_class: judged }),
    confidence: Math.round(judgement.confidence * 1_000) / 1_000,
    strategy: judgement.strategy,
    strategy_version: judgement.strategyVersion,
    reasons: [...judgement.reasons, ...reasons],
    candidates: route.candidates,
    cost_usd: "0",
    ms: Math.round((performance.now() - startedAt) * 1_000) / 1_000,
    baseline: route.baseline,
    ...(shadow === undefined ? {} : { shadow }),
  };
  return { decision, route };
}

export interface ClassifyOptions extends Decider {
  ledger: Ledger;
  events: EventPublisher;
  metrics: Metrics;
  /** Told what a shadow would have chosen. */
  log?: Logger;
}

/** Stage classify: judge, choose, write the decision on the row, and summon the model's pool. */
export function classifyWith(options: ClassifyOptions): StageHandler<"classify"> {
  const { metrics } = options;
  return async ({ jobId, generation }, { signal }) => {
    // Else a run of many would wait, a request behind another, for minutes for a DynamoDB that does not answer.
    const ledger = options.ledger.within(signal);
    const job = await ledger.jobs.read(jobId);
    if (job === null || job.generation !== generation || isTerminal(job.status)) return null;
    if (job.dueStage === "settle") return null;
    // The sweeper looks at the row at its deadline and ends it: nobody need judge it, nor any pool see it.
    if (job.deadlineAt <= ledger.now()) return null;
    if (job.modelId !== undefined) return { ...summonsOf(job), modelId: job.modelId };
    const { decision, route } = await decide(options, await requestOf(ledger, job));
    const moved = await ledger.jobs.classified(job, decision, route.modelId);
    if (moved === null) throw later("the row moved meanwhile", 50);
    failpoint("classify.afterWrite");
    metrics.jobsClassified.inc({ class: decision.class, strategy: decision.strategy });
    if (decision.shadow !== undefined) {
      countShadow(metrics, decision.class, decision.shadow);
      options.log?.info({ jobId, class: decision.class, shadow: decision.shadow }, "shadow decided");
    }
    options.events.publish(moved);
    return { ...summonsOf(moved), modelId: route.modelId };
  };
}

async function requestOf(ledger: Ledger, job: JobRow): Promise<DecideRequest> {
  return {
    messages: await ledger.contents.readPrompt(job),
    modelRequested: job.request.model,
    promptBytes: job.promptBytes,
    maxOutputTokens: job.request.maxOutputTokens,
    maxCostUsd: job.request.maxCostUsd,
    bounds: job.request.bounds ?? UNBOUNDED,
  };
}
