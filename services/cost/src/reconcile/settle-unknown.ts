import { isTerminal } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import { type AttemptRow, bookingOf, type Ledger } from "@switchyard/shared/ledger";
import { countLateCalls } from "../settle.ts";
import type { OwnCall } from "./groups.ts";
import type { Amounts, StatedCall } from "./stated.ts";

/** What is written among the notes of a usage that came with a bill, not with an answer. */
const NOTE = "reconciled";
/** Others may be counting calls of the same job. */
const TRIES = 20;

export type SettleOutcome = { row: AttemptRow } | { left: string };

/**
 * Settles a call of unknown outcome with what the provider says that it took, at the price that its row holds, and counts it: in the
 * totals, where it stops to be at risk, and on its job. A job that still goes on is left alone: a call that turns out to have
 * been paid without an answer would end it.
 */
export async function settleUnknown(
  ledger: Pick<Ledger, "jobs" | "attempts" | "totals" | "now">,
  { jobId, n }: Pick<OwnCall, "jobId" | "n">,
  { amounts, call }: { amounts: Amounts; call: StatedCall },
): Promise<SettleOutcome> {
  const view = await ledger.jobs.view(jobId);
  const row = view?.attempts.find((attempt) => attempt.n === n);
  if (view === null || row === undefined) return { left: "its job is gone" };
  if (row.state !== "unknown") return { row };
  if (!isTerminal(view.job.status) && row.generation === view.job.generation)
    return { left: "its job has not ended" };
  if (hasReasoningRate(row)) return { left: "reasoning has a rate of its own and the file does not tell it" };
  // Should this process end before it has counted, the sweeper does.
  await ledger.jobs.attend(view.job, ledger.now());
  await ledger.attempts.settle(row, {
    ...bookingOf(row.price, { usage: usageOf(amounts) }),
    ...{ rawUsage: call.raw, usageNotes: [NOTE], providerRequestId: call.requestId },
  });
  await counted(ledger, jobId);
  const settled = await ledger.attempts.read(jobId, n);
  return settled === null ? { left: "its job is gone" } : { row: settled };
}

/** A job that has begun anew counts its earlier calls when it ends. */
async function counted(ledger: Pick<Ledger, "jobs" | "totals">, jobId: string): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    const view = await ledger.jobs.view(jobId);
    if (view === null || !isTerminal(view.job.status)) return;
    if (await countLateCalls(ledger, view)) return;
    if (tried === TRIES)
      throw new SwitchyardError("LEDGER_UNAVAILABLE", `${jobId} did not stop to move; reconcile again`);
  }
}

function hasReasoningRate({ price }: AttemptRow): boolean {
  return [price, ...(price.tiers ?? [])].some(({ reasoningPicoUsd }) => reasoningPicoUsd !== undefined);
}

function usageOf({ inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens }: Amounts) {
  return {
    ...{ inputTokens: inputTokens ?? 0, cachedInputTokens: cachedInputTokens ?? 0 },
    ...{ cacheWriteTokens: cacheWriteTokens ?? 0, outputTokens: outputTokens ?? 0, reasoningTokens: 0 },
  };
}
