import { performance } from "node:perf_hooks";
import type { ChatMessage } from "@switchyard/shared/contracts";
import type { StoredDecision } from "@switchyard/shared/ledger";
import { formatUsd } from "@switchyard/shared/pricing";
import { pricesFor } from "@switchyard/shared/service";
import { heldOut, type Standing, standingOf } from "./holdout.ts";
import type { Judgement } from "./judge/judge.ts";
import { shadowOf } from "./outcome/shadow.ts";
import { type DecideRequest, type Decider, type Placed, place, routeAs } from "./place.ts";
import type { Route } from "./route.ts";
import { type Consulted, NO_OPINION, type SecondOpinion, secondOpinion } from "./second-opinion.ts";

export interface Decided {
  /** What becomes of the job; while a model is to be asked, what becomes of it without an answer. */
  decision: StoredDecision;
  route: Route;
  opinion: SecondOpinion;
  standing: Standing;
}

/** Judges a prompt and chooses its model. Spends nothing and writes nothing. */
export async function decide(
  installation: Decider,
  request: DecideRequest,
  consulted?: Consulted,
): Promise<Decided> {
  const startedAt = performance.now();
  const decider = { ...installation, prices: pricesFor(installation, request.payer) };
  const judgement = await judgeOnce(decider, request.messages);
  const local = place(decider, request, judgement.class);
  const standing = standingOf(decider, request, local);
  const isHeldOut = standing.drawn.arm === "holdout" && standing.isEligible;
  // What a model says would change nothing for a job that goes to the baseline, and its call would cost.
  const opinion = isHeldOut ? NO_OPINION : secondOpinion(decider, request, { judgement, local, consulted });
  const { placed: routed = local, degraded, gate } = opinion;
  const placed = isHeldOut ? heldOut(decider, local) : routed;
  const shadow = shadowFor(decider, request, routed);
  const isOwn = opinion.placed === undefined;
  const { costPicoUsd } = consulted ?? { costPicoUsd: 0n };
  const ms = performance.now() - startedAt + (consulted?.ms ?? 0);
  const decision: StoredDecision = {
    class: placed.class,
    ...(placed.class === placed.judged ? {} : { judged_class: placed.judged }),
    confidence: rounded(isOwn ? judgement.confidence : judgement.probabilities[placed.judged]),
    strategy: isOwn ? judgement.strategy : opinion.strategy,
    strategy_version: isOwn ? judgement.strategyVersion : opinion.strategyVersion,
    reasons: reasonsOf(judgement, opinion, placed),
    candidates: placed.route.candidates,
    cost_usd: costPicoUsd === null ? null : formatUsd(costPicoUsd),
    ms: rounded(ms),
    baseline: placed.route.baseline,
    probabilities: { ...judgement.probabilities },
    ...(degraded === undefined ? {} : { degraded }),
    ...(gate === null ? {} : { gate }),
    ...(shadow === undefined ? {} : { shadow }),
    ...(isHeldOut ? { holdout: true as const } : {}),
  };
  return { decision, route: placed.route, opinion, standing };
}

/** Beyond it a digest takes longer than the judge, who reads a bounded part of any prompt. */
const MAX_CACHED_UNITS = 16_384;

async function judgeOnce({ judge, cache }: Decider, messages: readonly ChatMessage[]): Promise<Judgement> {
  const units = messages.reduce((sum, { content }) => sum + content.length, 0);
  if (units > MAX_CACHED_UNITS) return judge.judge({ messages });
  const key = cache.keyOf(...messages.flatMap(({ role, content }) => [role, content]));
  const known = cache.local.get(key);
  if (known !== undefined) return known;
  const judgement = await judge.judge({ messages });
  cache.local.set(key, judgement);
  return judgement;
}

/** Reasons speak for the class they were found for, and for no other. */
function reasonsOf(judgement: Judgement, opinion: SecondOpinion, placed: Placed): string[] {
  const own = placed.judged === judgement.class ? judgement.reasons : [];
  const said =
    opinion.placed === undefined
      ? []
      : [
          `${opinion.modelId} judged it ${placed.judged}`,
          `the local judge said ${judgement.class} with ${rounded(judgement.confidence)}`,
        ];
  return [...said, ...own, ...placed.reasons];
}

function shadowFor(decider: Decider, request: DecideRequest, { judged, route }: Placed) {
  const { shadow } = decider;
  return (
    shadow && shadowOf(shadow, { request, judged, route, routeAs: (as) => routeAs(decider, request, as) })
  );
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
