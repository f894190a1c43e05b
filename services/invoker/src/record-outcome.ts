import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import type { InvokeMessage, SettleMessage } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import {
  baselineOf,
  type Ledger,
  type NewIntent,
  type Settlement,
  type StoredError,
} from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import { approximateUsd, priceUsage } from "@switchyard/shared/pricing";
import { later, type RunContext } from "@switchyard/shared/queues";
import type { Metrics } from "@switchyard/shared/telemetry";
import { insist } from "./insist.ts";
import type { MadeCall } from "./make-call.ts";
import type { Outcome } from "./providers/index.ts";

export interface Recorder {
  catalogue: Catalogue;
  model: Model;
  ledger: Ledger;
  metrics: Metrics;
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
  const { usage, providerRequestId, finishReason, model: responseModel } = answer;
  const facts: SettleMessage["attempt"] = {
    n: intent.n,
    usage,
    providerRequestId,
    finishReason,
    responseModel,
  };
  try {
    const { text } = answer;
    const result = { jobId: job.jobId, attempt: intent.n, text, expiresAt };
    const resultChunks = await insist(context, () => ledger.contents.writeResult(result));
    facts.resultChunks = resultChunks;
    const answered = { resultChunks, baselinePicoUsd: baselineOf(job, usage) };
    await insist(context, () => ledger.attempts.settle(intent, { ...settlement, ...answered }));
    count(recorder, intent, settlement);
  } catch (error) {
    // Out of time with the ledger away: what was paid rides in the summons, and settle repairs the row.
    if (!(error instanceof SwitchyardError) || error.code !== "LEDGER_UNAVAILABLE") throw error;
  }
  failpoint("invoke.afterSettle");
  return { version: 1, jobId: message.jobId, generation: message.generation, attempt: facts };
}

export function settlementOf(intent: NewIntent, answer: Settled): Settlement {
  const priced = priceUsage(intent.price, answer.usage);
  return {
    usage: answer.usage,
    rawUsage: answer.rawUsage,
    providerRequestId: answer.providerRequestId,
    responseModel: answer.model,
    finishReason: answer.finishReason,
    ...("unpriced" in priced ? { unpriced: priced.unpriced.join(",") } : priced),
  };
}

export function stored(error: SwitchyardError): { code: string; message: string } {
  return { code: error.code, message: error.message };
}

export function count(
  { metrics }: Pick<Recorder, "metrics">,
  intent: NewIntent,
  { usage, costPicoUsd }: Settlement,
): void {
  const model = intent.modelId;
  metrics.tokens.inc({ model, direction: "input" }, usage.inputTokens + usage.cacheWriteTokens);
  metrics.tokens.inc({ model, direction: "cached_input" }, usage.cachedInputTokens);
  metrics.tokens.inc({ model, direction: "output" }, usage.outputTokens);
  if (costPicoUsd === undefined) metrics.unpricedCalls.inc({ model });
  else {
    const labels = { model, class: intent.class, kind: intent.kind };
    metrics.costUsd.inc(labels, approximateUsd(costPicoUsd));
  }
}
