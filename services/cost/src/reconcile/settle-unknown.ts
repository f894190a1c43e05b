import { isTerminal } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import { type AttemptRow, bookingOf, type Ledger } from "@switchyard/shared/ledger";
import { countLateCalls, LATE_CALL_LOOK_MS } from "../settle.ts";
import type { OwnCall } from "./groups.ts";
import type { Amounts, StatedCall } from "./stated.ts";

/** What is written among the notes of a usage that came with a bill, not with an answer. */
export const NOTE = "reconciled";
/** Others may be counting calls of the same job. */
const TRIES = 20;

export type SettleOutcome = { row: AttemptRow } | { left: string };

/**
 * Settles a call of unknown outcome with what the provider says that it took, at the price that its row holds, and counts it: in the
 * totals, where it stops to be at risk, and on its job. A job that still goes on is left alone: a call that turns out to have
 * been paid without an answer would end it.
 */
export async function settleUnknown(
  ledger: SettleLedger,
  { jobId, n }: Pick<OwnCall, "jobId" | "n">,
  { amounts, call }: { amounts: Amounts; call: StatedCall },
): Promise<SettleOutcome> {
  const view = await ledger.jobs.view(jobId);
  const row = view?.attempts.find((attempt) => attempt.n === n);
  if (view === null || row === undefined) return { left: "its job is gone" };
  if (row.state !== "unknown") {
    await countSettled(ledger, jobId);
    return { row };
  }
  if (!isTerminal(view.job.status) && row.generation === view.job.generation)
    return { left: "its job has not ended" };
  if (hasReasoningRate(row)) return { left: "reasoning has a rate of its own and the file does not tell it" };
  await untilMoved(jobId, () => isWatched(ledger, jobId));
  await ledger.attempts.settle(row, {
    ...bookingOf(row.price, { usage: usageOf(amounts) }),
    ...{ rawUsage: call.raw, usageNotes: [NOTE], providerRequestId: call.requestId },
  });
  await countSettled(ledger, jobId);
  const settled = await ledger.attempts.read(jobId, n);
  return settled === null ? { left: "its job is gone" } : { row: settled };
}

type SettleLedger = Pick<Ledger, "jobs" | "attempts" | "totals" | "now">;

/**
 * Should this process end before it has counted, the sweeper does: not at once, where it would find nothing to count and
 * take the job for done. A job that goes on counts its calls when it ends.
 */
async function isWatched({ jobs, now }: SettleLedger, jobId: string): Promise<boolean> {
  const job = await jobs.read(jobId);
  if (job === null || !isTerminal(job.status)) return true;
  return jobs.attend(job, now() + LATE_CALL_LOOK_MS);
}

/** Brings totals and job up to date with calls that are settled. A job that has begun anew counts its earlier calls when it ends. */
export async function countSettled(
  ledger: Pick<SettleLedger, "jobs" | "totals">,
  jobId: string,
): Promise<void> {
  await untilMoved(jobId, async () => {
    const view = await ledger.jobs.view(jobId);
    return view === null || !isTerminal(view.job.status) || (await countLateCalls(ledger, view)) !== null;
  });
}

async function untilMoved(jobId: string, move: () => Promise<boolean>): Promise<void> {
  for (let tried = 0; tried < TRIES; tried += 1) if (await move()) return;
  throw new SwitchyardError("LEDGER_UNAVAILABLE", `${jobId} did not stop to move; reconcile again`);
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
