import { createHmac } from "node:crypto";
import type { DrawnAs } from "@switchyard/shared/ledger";
import { allowsHoldout } from "@switchyard/shared/service";
import { isAffordable } from "./follow.ts";
import type { DecideRequest, Decider, Placed } from "./place.ts";
import type { Route } from "./route.ts";

/** Where a job stands in the comparison of routed jobs with a random holdout. */
export interface Standing {
  /** It could go to the baseline, whether or not it does. */
  isEligible: boolean;
  drawn: DrawnAs;
}

/**
 * Both sides hold only jobs that could have been drawn: those that leave the choice to Switchyard, whose bounds allow the most
 * demanding class, whose limit pays for the baseline at the most that its call can cost, and whose own model has a price: what
 * costs nobody knows cannot be compared. All of it is known before the draw, and before any model is asked.
 */
export function standingOf(decider: Decider, request: DecideRequest, local: Placed): Standing {
  const { modelRequested: model, bounds, lot } = request;
  const isEligible =
    allowsHoldout(decider.catalogue, { model, bounds }) &&
    local.route.isPriced &&
    isAffordable(decider, request, { modelId: local.route.baseline.model });
  if (lot === null || "arm" in lot) return { isEligible, drawn: lot ?? {} };
  if (!isEligible) return { isEligible, drawn: {} };
  const { holdoutPpm } = decider.catalogue.classifier;
  const arm = drawnPpm(lot.jobId) < holdoutPpm ? "holdout" : "routed";
  return { isEligible, drawn: { arm, holdoutPpm } };
}

const PPM = 1_000_000;

/**
 * A job's number below a million, the same for good: a larger share takes the jobs of a smaller one and more. Job ids are random,
 * or made with the installation's secret, so nobody can choose one or foretell its number; the key only keeps the draw
 * independent of whatever else is derived from ids. 48 bits leave the million numbers equally likely within 4 in a billion.
 */
export function drawnPpm(jobId: string): number {
  return createHmac("sha256", "switchyard holdout").update(jobId).digest().readUIntBE(0, 6) % PPM;
}

/** The job as it is judged, on the way to its baseline. */
export function heldOut({ catalogue }: Decider, local: Placed): Placed {
  const percent = catalogue.classifier.holdoutPpm / (PPM / 100);
  const { model } = local.route.baseline;
  return {
    ...local,
    reasons: [...local.reasons, `a random ${percent} % of jobs go to the baseline, this one among them`],
    route: routeTo(local.route, model),
  };
}

function routeTo(route: Route, modelId: string): Route {
  const candidates = route.candidates.map((candidate) => {
    if (candidate.model === modelId) return { ...candidate, rejected_because: null };
    const wasChosen = candidate.model === route.modelId;
    return wasChosen ? { ...candidate, rejected_because: "drawn for the holdout" } : candidate;
  });
  const expected = candidates.find(({ model }) => model === modelId)?.expected_cost_usd;
  return { ...route, modelId, candidates, expectedCostUsd: expected ?? route.expectedCostUsd };
}
