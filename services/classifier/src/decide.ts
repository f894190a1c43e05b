import { performance } from "node:perf_hooks";
import type { ChatMessage } from "@switchyard/shared/contracts";
import type { StoredDecision } from "@switchyard/shared/ledger";
import { formatUsd } from "@switchyard/shared/pricing";
import type { Judgement } from "./judge/judge.ts";
import { shadowOf } from "./outcome/shadow.ts";
import { type DecideRequest, type Decider, type Placed, place, routeAs } from "./place.ts";
import type { Route } from "./route.ts";
import { type Consulted, type SecondOpinion, secondOpinion } from "./second-opinion.ts";

export interface Decided {
  /** What becomes of the job; while a model is to be asked, what becomes of it without an answer. */
  decision: StoredDecision;
  route: Route;
  opinion: SecondOpinion;
}

/** Judges a prompt and chooses its model. Spends nothing and writes nothing. */
export async function decide(
  decider: Decider,
  request: DecideRequest,
  consulted?: Consulted,
): Promise<Decided> {
  const startedAt = performance.now();
  const judgement = await judgeOnce(decider, request.messages);
  const local = place(decider, request, judgement.class);
  const opinion = secondOpinion(decider, request, { judgement, local, consulted });
  const { placed = local, degraded, gate } = opinion;
  const shadow = shadowFor(decider, request, placed);
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
  };
  return { decision, route: placed.route, opinion };
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
