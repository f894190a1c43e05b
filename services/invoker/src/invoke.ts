import { estimateTokens } from "@switchyard/shared/catalogue";
import type { InvokeMessage, SettleMessage } from "@switchyard/shared/contracts";
import { asSwitchyardError, SwitchyardError } from "@switchyard/shared/errors";
import { LEASE_LAPSED } from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import { later, type StageHandler } from "@switchyard/shared/queues";
import { holdForPrice, pricesFor, writeOffWith } from "@switchyard/shared/service";
import { fallbackReasonOf } from "./choose-fallback.ts";
import { consult, giveUpConsult } from "./consult.ts";
import { coverCall, holdForBudget } from "./cover-call.ts";
import { fallBack, handOn, mayOthersLeave } from "./fall-back.ts";
import type { InvokeOptions } from "./invoke-options.ts";
import { CONFLICT_MS, makeCall, type Run } from "./make-call.ts";
import { nextStep } from "./next-step.ts";
import { recordOutcome } from "./record-outcome.ts";
import { type Refusal, type Slot, takeSlot } from "./take-slot.ts";
import { type Terms, termsOf } from "./terms.ts";

/** Those that wait for a breaker each by itself come apart by so much. */
const HELD_SPREAD_MS = 15_000;

/**
 * Stage invoke. A run may come twice, late or out of nowhere: it asks the rows what to do and the limits whether
 * there is room, claims the next attempt, writes its intent, looks once more, calls, and writes down the outcome.
 * Only then does its queue job complete.
 */
export function invokeWith(options: InvokeOptions): StageHandler<"invoke"> {
  const now = options.now ?? options.ledger.now;
  return async (message, context) => {
    if (message.consult === true) return consult(options, { message, context, now });
    try {
      return await oneRun(options, { message, context, now });
    } catch (thrown) {
      const { code } = asSwitchyardError(thrown);
      const reason = fallbackReasonOf(code);
      if (reason !== null && (await fallBack(options, { message, now, reason }))) return null;
      if (code === "PRICE_UNKNOWN") await holdUnpriced(options, message);
      if (CALL_FAILED.has(code) && (await hasLeftHeldModel(options, message, now))) return null;
      throw thrown;
    }
  };
}

async function holdUnpriced(
  { catalogue, ledger, events }: InvokeOptions,
  { jobId, generation }: InvokeMessage,
): Promise<void> {
  const job = await ledger.jobs.read(jobId);
  if (job !== null && job.generation === generation) await holdForPrice({ catalogue, ledger, events }, job);
}

/** What becomes of a run that cannot be repeated: it fails its job, unless it was only to judge it. */
export function giveUpWith(options: Pick<InvokeOptions, "ledger" | "summoner">) {
  const writeOff = writeOffWith(options.ledger);
  return (message: InvokeMessage, error: SwitchyardError): Promise<SettleMessage | null> =>
    message.consult === true ? giveUpConsult(options, message) : writeOff(message, error);
}

/** The provider failed, and the call may be made again. */
const CALL_FAILED = new Set<string>([
  "PROVIDER_UNAVAILABLE",
  "PROVIDER_KEY_REFUSED",
  "PROVIDER_OUTCOME_UNKNOWN",
]);

/**
 * A job whose call failed does not wait for the model's breaker either: the run that comes back after its pause may
 * find the cool-down over, be the probe, and fail again, for as long as the outage takes.
 */
async function hasLeftHeldModel(
  options: InvokeOptions,
  message: InvokeMessage,
  now: () => number,
): Promise<boolean> {
  const [turn] = await options.admission.breakers([message.modelId]);
  if (turn === null) return false;
  return fallBack(options, { message, now, reason: "unavailable", isHeld: true });
}

async function oneRun(options: InvokeOptions, given: Omit<Run, "view">): Promise<SettleMessage | null> {
  const { message, now } = given;
  for (;;) {
    const view = await options.ledger.jobs.view(message.jobId);
    if (view === null || view.job.generation !== message.generation) return null;
    if (view.job.modelId !== message.modelId) return handOn(options, message, view.job);
    const step = nextStep(view, options.catalogue.attempts, now());
    switch (step.do) {
      case "nothing":
        return null;
      case "settle":
        return settleMessage(message);
      case "wait":
        throw later(
          "the job's rows say when its next call may be made",
          Math.max(CONFLICT_MS, step.untilMs - now()),
        );
      case "mark unknown":
        await options.ledger.attempts.unknown(step.attempt, LEASE_LAPSED);
        break;
      case "give up":
        throw step.error;
      case "call":
        return callOnce(options, { ...given, view });
    }
  }
}

/** A refusal by a budget or the limits comes before the claim: it writes no row and uses up no attempt. */
async function callOnce(options: InvokeOptions, run: Run): Promise<SettleMessage | null> {
  const own = { ...options, prices: pricesFor(options, run.view.job.tenant) };
  const terms = termsOf(own, run.view, { atMs: run.now() });
  const uncovered = await coverCall(options, run.view, { ...terms, isWaiting: true });
  if (uncovered !== null) return holdForBudget(options, run, uncovered);
  failpoint("invoke.afterCover");
  const promptTokens = estimateTokens(options.model, run.view.job.promptBytes);
  const slot = await takeSlot(options, promptTokens + terms.maxOutputTokens);
  if ("limit" in slot) return await refused(options, run, slot);
  try {
    return await callWithin(options, run, { terms, slot });
  } finally {
    // Whoever comes here with the slot still taken has sent nothing.
    slot.free();
  }
}

/**
 * A job that may go elsewhere does not wait for its model's breaker. One that may not, while others may, waits by
 * itself, so that it keeps nobody back; else the whole pool waits, and in order.
 */
async function refused(options: InvokeOptions, run: Run, { limit, retryAfterMs }: Refusal): Promise<null> {
  const { model } = options;
  const message = `no room for a call of ${model.id} (${limit})`;
  if (limit === "breaker") {
    const { message: summons, now, view } = run;
    const leaving = { message: summons, now, reason: "unavailable", isHeld: true } as const;
    // Those that named their model come here again and again in an outage: one look at the rows is enough.
    const hasNamedModel = view.job.request.model !== "auto";
    if (!hasNamedModel && (await fallBack(options, leaving))) return null;
    if (await mayOthersLeave(options)) throw later(message, retryAfterMs + Math.random() * HELD_SPREAD_MS);
  }
  throw new SwitchyardError("LIMIT_REACHED", message, { retryAfterMs });
}

async function callWithin(
  options: InvokeOptions,
  run: Run,
  { terms, slot }: { terms: Terms; slot: Slot },
): Promise<SettleMessage | null> {
  const { message, context, view } = run;
  const made = await makeCall(options, run, {
    kind: "invoke",
    class: view.job.decision?.class ?? "COMPLEX",
    terms,
    slot,
    timeoutMs: options.model.timeoutMs,
    messagesOf: options.ledger.contents.readPrompt,
  });
  return await recordOutcome(options, { message, context, ...made });
}

function settleMessage({ jobId, generation }: InvokeMessage): SettleMessage {
  return { version: 1, jobId, generation };
}
