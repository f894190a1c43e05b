import type { AdjustmentRow } from "./adjustment-row.ts";
import { type ItemKey, totalsKey } from "./keys.ts";
import type { AttemptRow, TotalsPlace } from "./rows.ts";
import { aboutOf, SLOTS_PER_BUCKET } from "./totals-places.ts";

/** What the totals add up: whole numbers, money in pico-dollars. Stored under these names, those that are 0 not at all. */
export const COUNTS = [
  "calls",
  /** Calls that brought their job its answer: so many jobs were answered. */
  "answers",
  /** Calls whose usage was not stated or could not be priced; their cost is in no sum. */
  "unpricedCalls",
  "inputTokens",
  "cachedInputTokens",
  "cacheWriteTokens",
  "outputTokens",
] as const;
export const AMOUNTS = [
  "costPicoUsd",
  /** What the baseline would have cost for the answers. */
  "baselinePicoUsd",
  /** Of the cost: calls for an answer that brought none. */
  "retryPicoUsd",
  /** The most that calls may cost whose outcome, usage or price is unknown. */
  "atRiskPicoUsd",
] as const;

export type Measures = Record<(typeof COUNTS)[number], number> & Record<(typeof AMOUNTS)[number], bigint>;

/** One addition to one item of the totals, which is done at most once: the item remembers its slot. */
export interface Addition {
  key: ItemKey;
  slot: number;
  measures: Measures;
}

function noMeasures(): Measures {
  return {
    ...{ calls: 0, answers: 0, unpricedCalls: 0 },
    ...{ inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 },
    ...{ costPicoUsd: 0n, baselinePicoUsd: 0n, retryPicoUsd: 0n, atRiskPicoUsd: 0n },
  };
}

export function sumOf(parts: Iterable<Measures>): Measures {
  const sum = noMeasures();
  for (const part of parts) {
    for (const name of COUNTS) sum[name] += part[name];
    for (const name of AMOUNTS) sum[name] += part[name];
  }
  return sum;
}

/** What a set of attributes, or of texts, says; what is not in it is 0. */
export function measuresIn(item: Readonly<Record<string, unknown>>): Measures {
  const measures = noMeasures();
  for (const name of COUNTS) measures[name] = Number(item[name] ?? 0);
  for (const name of AMOUNTS) measures[name] = BigInt((item[name] ?? 0) as number | bigint | string);
  return measures;
}

/** Everything that the totals hold of an attempt in its present state. */
export function additionsOf(attempt: AttemptRow): Addition[] {
  const { state, totalsPlace, riskPlace, maxCostPicoUsd } = attempt;
  const additions: Addition[] = [];
  const add = (place: TotalsPlace, measures: Partial<Measures>) =>
    additions.push({
      key: totalsKey(attempt.tenant, place, aboutOf(attempt)),
      slot: place.slot,
      measures: { ...noMeasures(), ...measures },
    });
  if (riskPlace !== undefined) {
    add(riskPlace, { atRiskPicoUsd: maxCostPicoUsd });
    const back = { ...riskPlace, slot: riskPlace.slot + SLOTS_PER_BUCKET };
    if (state === "settled") add(back, { atRiskPicoUsd: -maxCostPicoUsd });
  }
  if (state === "settled" && totalsPlace !== undefined) add(totalsPlace, measuresOf(attempt));
  return additions;
}

/** What the totals hold of an adjustment. */
export function additionOf({ totals: { pk, sk, slot }, change }: AdjustmentRow): Addition {
  return { key: { pk, sk }, slot, measures: measuresIn(change) };
}

/** What the totals hold of a settled attempt at its own place. */
export function measuresOf(attempt: AttemptRow): Measures {
  const { usage, kind, costPicoUsd, baselinePicoUsd, maxCostPicoUsd } = attempt;
  const isPriced = costPicoUsd !== undefined;
  const isAnswer = kind === "invoke" && attempt.resultChunks !== undefined && attempt.isSuperseded !== true;
  return {
    calls: 1,
    answers: isAnswer ? 1 : 0,
    unpricedCalls: isPriced ? 0 : 1,
    inputTokens: usage?.inputTokens ?? 0,
    cachedInputTokens: usage?.cachedInputTokens ?? 0,
    cacheWriteTokens: usage?.cacheWriteTokens ?? 0,
    outputTokens: usage?.outputTokens ?? 0,
    costPicoUsd: costPicoUsd ?? 0n,
    // Without its cost a call must not seem to have saved all that the baseline would have cost.
    baselinePicoUsd: isAnswer && isPriced ? (baselinePicoUsd ?? 0n) : 0n,
    retryPicoUsd: kind === "invoke" && !isAnswer ? (costPicoUsd ?? 0n) : 0n,
    atRiskPicoUsd: isPriced ? 0n : maxCostPicoUsd,
  };
}
