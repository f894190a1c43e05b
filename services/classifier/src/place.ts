import type { Catalogue } from "@switchyard/shared/catalogue";
import type { Arm, ChatMessage, ClassBounds, JobClass } from "@switchyard/shared/contracts";
import type { PriceBook } from "@switchyard/shared/pricing";
import type { Judge } from "./judge/judge.ts";
import type { JudgementCache } from "./judgement-cache.ts";
import { chooseClass, type OutcomeModel } from "./outcome/outcome-model.ts";
import type { Patience } from "./patience.ts";
import { type Route, type RouteRequest, routeJob } from "./route.ts";

/** What jobs are judged and placed with. */
export interface Placer {
  catalogue: Catalogue;
  prices: PriceBook;
  judge: Judge;
  /** Moves judged classes. */
  outcome?: OutcomeModel | undefined;
  /** Is only asked what it would have chosen. */
  shadow?: OutcomeModel | undefined;
}

export interface Decider extends Placer {
  cache: JudgementCache;
  patience: Patience;
}

/**
 * What a job's side is drawn by. A job that has one keeps it, however often it is judged or replayed; one whose first judgement
 * has passed without a draw is on neither, because what a job has cost must not decide whether it is compared.
 */
export type Lot = { jobId: string } | { arm: Arm } | null;

/** What a decision is made from; the same for a job and for a dry run. */
export interface DecideRequest extends Omit<RouteRequest, "class"> {
  /** What is left of the job's limit after the most that its calls so far can have cost. */
  maxCostUsd: string | null;
  messages: readonly ChatMessage[];
  bounds: ClassBounds;
  /** How long the job has; null: as long as it takes. */
  timeLeftMs: number | null;
  /** Whose prompt it is: what a model said of it is told to nobody else. Null: nobody's. */
  tenant: string | null;
  /** Whose jobs may do with models without a price as the catalogue says; null: as for all others. */
  payer: string | null;
  /** Null where nothing is drawn, as for a dry run. */
  lot: Lot;
}

/** Where a judged class leads: the class that it is routed as, why where that is another one, and the route. */
export interface Placed {
  judged: JobClass;
  class: JobClass;
  reasons: readonly string[];
  route: Route;
}

/** @throws SwitchyardError what `routeJob` throws. */
export function place(decider: Decider, request: DecideRequest, judged: JobClass): Placed {
  const chosen = chooseClass(judged, request, decider.outcome);
  return { judged, ...chosen, route: routeAs(decider, request, chosen.class) };
}

/** @throws SwitchyardError what `routeJob` throws. */
export function routeAs(decider: Decider, request: DecideRequest, jobClass: JobClass): Route {
  return routeJob(decider.catalogue, decider.prices, { ...request, class: jobClass });
}
