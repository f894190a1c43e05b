import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import type { InvokeMessage, SettleMessage } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import {
  baselineOf,
  bookingOf,
  type JobRow,
  type Ledger,
  type NewIntent,
  type Settlement,
  type StoredError,
} from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import { later, type RunContext } from "@switchyard/shared/queues";
import { countCall } from "@switchyard/shared/service";
import type { Logger, Metrics } from "@switchyard/shared/telemetry";
import { insist } from "./insist.ts";
import type { MadeCall } from "./make-call.ts";
import type { Outcome } from "./providers/index.ts";

export interface Recorder {
  catalogue: Catalogue;
  model: Model;
  ledger: Ledger;
  metrics: Metrics;
  log: Logger;
}

interface Recorded extends MadeCall {
  message: InvokeMessage;
  context: RunContext;
}

type Settled = Extract<Outcome, { kind: "settled" }>;

const DAY_MS = 86_400_000;

/**
 * Writes down how a call ended: the answer's text first, then the row, then the summons to settle.
 * @throws SwitchyardError the call's own error, when it is to be repeated or given up.
 */
export async function recordOutcome(recorder: Recorder, recorded: Recorded): Promise<SettleMessage | null> {
  const { ledger } = recorder;
  const { intent, outcome, context, isCancelled } = recorded;
  switch (outcome.kind) {
    case "settled":
      return recordAnswer(recorder, recorded, outcome);
    case "void": {
      const { error, providerRequestId } = outcome;
      const reason = isCancelled && error.code === "PROCESS_STOPPING" ? CANCELLED_UNSENT : stored(error);
      await insist(context, () => ledger.attempts.voided(intent, reason, providerRequestId));
      if (isCancelled) return withdrawn(recorded);
      throw error;
    }
    case "unknown": {
      const { error, providerRequestId } = outcome;
      await insist(context, () => ledger.attempts.unknown(intent, stored(error), providerRequestId));
      if (isCancelled) return withdrawn(recorded);
      throw error;
    }
    case "abandoned":
      if (isCancelled) {
        await insist(context, () => ledger.attempts.unknown(intent, CANCELLED_SENT));
        return withdrawn(recorded);
      }
      throw later("the call was withdrawn; its lease decides", Math.max(0, intent.leaseUntil - ledger.now()));
  }
}

const CANCELLED_UNSENT: StoredError = {
  code: "ROW_CONFLICT",
  message: "the job was cancelled before the call was sent",
};

/** Nobody will hear how the call ended: it counts at its bound from now on, not only once its lease has lapsed. */
export const CANCELLED_SENT: StoredError = {
  code: "PROVIDER_OUTCOME_UNKNOWN",
  message: "the call was aborted because its job was cancelled; it may have been billed",
};

function withdrawn({ message: { jobId, generation }, intent }: Recorded): SettleMessage {
  return { version: 1, jobId, generation, withdrawn: intent.n };
}

async function recordAnswer(recorder: Recorder, recorded: Recorded, answer: Settled): Promise<SettleMessage> {
  const { ledger, catalogue } = recorder;
  const { message, job, intent, context } = recorded;
  const expiresAt = Math.ceil((ledger.now() + catalogue.retention.contentDays * DAY_MS) / 1_000);
  const settlement = settlementOf(intent, answer);
  const facts: SettleMessage["attempt"] = factsOf(intent, answer);
  try {
    const { text } = answer;
    const result = { jobId: job.jobId, attempt: intent.n, text, expiresAt };
    const resultChunks = await insist(context, () => ledger.contents.writeResult(result));
    facts.resultChunks = resultChunks;
    const answered = { resultChunks, baselinePicoUsd: baselineFor(job, answer) };
    await insist(context, () => ledger.attempts.settle(intent, { ...settlement, ...answered }));
    countCall(recorder, intent, settlement);
  } catch (error) {
    // Out of time with the ledger away: what was paid rides in the summons, and settle repairs the row.
    if (!(error instanceof SwitchyardError) || error.code !== "LEDGER_UNAVAILABLE") throw error;
  }
  failpoint("invoke.afterSettle");
  return { version: 1, jobId: message.jobId, generation: message.generation, attempt: facts };
}

/** A guess is set against nothing. */
function baselineFor(job: JobRow, { usage, estimate }: Settled): bigint | undefined {
  return estimate === null ? baselineOf(job, usage) : undefined;
}

export function settlementOf({ price }: NewIntent, answer: Settled): Settlement {
  const { usage, estimate, serviceTier, rawUsage, usageNotes } = answer;
  const taken = { usage, estimate: estimate ?? undefined, serviceTier: serviceTier ?? undefined };
  return {
    ...bookingOf(price, taken),
    ...(rawUsage === null ? {} : { rawUsage }),
    ...(usageNotes.length === 0 ? {} : { usageNotes: [...usageNotes] }),
    providerRequestId: answer.providerRequestId,
    responseModel: answer.model,
    finishReason: answer.finishReason,
  };
}

/** What rides in the summons to settle: enough to book the call if its row could not be written. */
export function factsOf({ n }: Pick<NewIntent, "n">, answer: Settled) {
  const { usage, estimate, usageNotes, serviceTier, providerRequestId, finishReason } = answer;
  return {
    ...{ n, usage, providerRequestId, finishReason, responseModel: answer.model },
    ...(estimate === null ? {} : { estimate }),
    ...(usageNotes.length === 0 ? {} : { usageNotes: [...usageNotes] }),
    ...(serviceTier === null ? {} : { serviceTier }),
  };
}

export function stored(error: SwitchyardError): { code: string; message: string } {
  return { code: error.code, message: error.message };
}
