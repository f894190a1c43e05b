import { type AttemptRow, type Audit, costPicoUsdOf } from "@switchyard/shared/ledger";
import { utcDayOf } from "../day.ts";
import { openSpill } from "../spill/spill.ts";
import type { OwnCall } from "./groups.ts";
import { NOTE } from "./settle-unknown.ts";
import { readPart, writerOn } from "./spilled.ts";
import { NOTHING } from "./stated.ts";

/** A row of ours, and the provider's id of the call where it told one. */
export interface KnownCall {
  own: OwnCall;
  requestId: string | null;
}

export interface CallsOptions {
  audit: Pick<Audit, "attempts">;
  isWanted: (row: AttemptRow) => boolean;
  /** A row that cannot be read. */
  onBroken: (text: string) => void;
}

/** On disk: a call, or what one cost by its adjustment. */
type Line = { call: KnownCall } | { k: number; costPicoUsd: bigint };

/**
 * Every call that is wanted, with what it cost by its last adjustment, page by page. Adjustments are rows of their own that come in
 * no order, so both are laid on disk first, in parts of which one is in memory.
 */
export async function* ownCalls({ audit, isWanted, onBroken }: CallsOptions): AsyncGenerator<KnownCall[]> {
  const spill = await openSpill();
  try {
    const writer = writerOn<Line>(spill);
    for await (const { attempts, adjustments, broken } of audit.attempts()) {
      for (const text of broken) onBroken(text);
      for (const row of attempts.filter(isWanted)) {
        const call = { own: ownCallOf(row), requestId: row.providerRequestId ?? null };
        await writer.write(nameOfCall(row), { call });
      }
      for (const { k, costPicoUsd, ...of } of adjustments) {
        await writer.write(nameOfCall(of), { k, costPicoUsd });
      }
    }
    for await (const part of spill.parts()) yield await joined(part);
  } finally {
    await spill.remove();
  }
}

async function joined(part: AsyncIterable<string>): Promise<KnownCall[]> {
  const calls = new Map<string, KnownCall>();
  const costs = new Map<string, { k: number; costPicoUsd: bigint }>();
  for await (const [name, line] of readPart<Line>(part)) {
    if ("call" in line) calls.set(name, line.call);
    else if (line.k > (costs.get(name)?.k ?? 0)) costs.set(name, line);
  }
  for (const [name, { own }] of calls) {
    const costPicoUsd = costs.get(name)?.costPicoUsd;
    if (costPicoUsd === undefined) continue;
    own.amounts = { ...own.amounts, costPicoUsd };
    own.atRiskPicoUsd = 0n;
  }
  return [...calls.values()];
}

/** What a provider's file calls an attempt that it tells. */
export function nameOfCall({ jobId, n }: Pick<AttemptRow, "jobId" | "n">): string {
  return `${jobId}.${n}`;
}

/** What the ledger says of a call. What it does not know, such as a cost without a price, it does not claim. */
export function ownCallOf(row: AttemptRow): OwnCall {
  const { jobId, n, state, modelId, usage, maxCostPicoUsd } = row;
  const isSettled = state === "settled";
  const costPicoUsd = costPicoUsdOf(row);
  const amounts = isSettled
    ? {
        ...{ calls: 1, inputTokens: usage?.inputTokens ?? 0 },
        cachedInputTokens: usage?.cachedInputTokens ?? 0,
        cacheWriteTokens: usage?.cacheWriteTokens ?? 0,
        ...{ outputTokens: usage?.outputTokens ?? 0, costPicoUsd: costPicoUsd ?? 0n },
      }
    : NOTHING;
  const isAtRisk = state === "unknown" || state === "intent" || (isSettled && costPicoUsd === undefined);
  return {
    ...{ jobId, n, state, modelId, day: utcDayOf(row.startedAt), amounts },
    atRiskPicoUsd: isAtRisk ? maxCostPicoUsd : 0n,
    isReconciled: row.usageNotes?.includes(NOTE) === true,
  };
}
