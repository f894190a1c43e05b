import { estimateTokens } from "@switchyard/shared/catalogue";
import { CONSULT_ANSWER_SCHEMA, consultationOf, readJudgement } from "@switchyard/shared/consultation";
import {
  type ConsultFailure,
  type InvokeMessage,
  isTerminal,
  type SettleMessage,
  summonsOf,
} from "@switchyard/shared/contracts";
import { type ErrorCode, SwitchyardError } from "@switchyard/shared/errors";
import {
  type AttemptRow,
  type ConsultOutcome,
  consultOutcomeOf,
  isClaimPending,
  type JobRow,
  pendingConsult,
  type StoredConsult,
  type StoredError,
} from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import { later } from "@switchyard/shared/queues";
import { countCall } from "@switchyard/shared/service";
import { coverCall } from "./cover-call.ts";
import { insist } from "./insist.ts";
import type { InvokeOptions } from "./invoke-options.ts";
import { CONFLICT_MS, type MadeCall, makeCall, type Run } from "./make-call.ts";
import { CANCELLED_SENT, factsOf, settlementOf, stored } from "./record-outcome.ts";
import { type Refusal, takeSlot } from "./take-slot.ts";
import { type Terms, termsOf } from "./terms.ts";

/**
 * Asks the model to judge a job, once, and hands the job back to stage classify with what came of it. A run may come
 * twice, late or out of nowhere: the row says whether a consultation of this model is under way, and its attempt
 * whether there was one. What fails here fails no job: see `giveUpConsult`.
 */
export async function consult(
  options: InvokeOptions,
  given: Omit<Run, "view">,
): Promise<SettleMessage | null> {
  const { message, now } = given;
  const view = await options.ledger.jobs.view(message.jobId);
  if (view === null || view.job.generation !== message.generation) return null;
  const pending = pendingConsult(view.job);
  if (pending === undefined || pending.modelId !== message.modelId) return finishUp(options, view.job);
  if (pending.n !== undefined) return comeBack(options, { ...given, view }, pending);
  // Nobody waits any longer: stage classify is summoned for this time.
  if (pending.endsAt <= now()) return null;
  return ask(options, { ...given, view }, pending);
}

/**
 * A run that cannot be repeated, or that killed its process too often: the local answer stands. A call that is on the wire
 * even so ends by its lease.
 */
export async function giveUpConsult(
  options: HandBackOptions,
  { jobId, generation, modelId }: InvokeMessage,
): Promise<SettleMessage | null> {
  const view = await options.ledger.jobs.view(jobId);
  if (view === null || view.job.generation !== generation) return null;
  const pending = pendingConsult(view.job);
  if (pending === undefined || pending.modelId !== modelId) return finishUp(options, view.job);
  const row = view.attempts.find(({ n }) => n === pending.n);
  const outcome = (row && consultOutcomeOf(pending, row)) ?? LOST;
  return handBack(options, view.job, { outcome });
}

/**
 * Nothing is left to ask. A call that was paid for may have found its job ended: settle books it. Whoever wrote the outcome
 * on the row may have died before it said so to stage classify.
 */
async function finishUp({ summoner }: HandBackOptions, job: JobRow): Promise<SettleMessage | null> {
  if (isForSettle(job)) return bareSettle(job);
  const isOver = job.consult?.answer !== undefined || job.consult?.failure !== undefined;
  if (isOver && job.modelId === undefined)
    await summoner.summon("classify", summonsOf(job), { suffix: "-c" });
  return null;
}

/** A run before this one had claimed the attempt: what its row says is what came of it. */
async function comeBack(
  options: InvokeOptions,
  run: Run,
  pending: StoredConsult,
): Promise<SettleMessage | null> {
  const { view, now } = run;
  const row = view.attempts.find(({ n }) => n === pending.n);
  if (row === undefined && isClaimPending(view, now()))
    throw later("a consultation may be about to begin", CONFLICT_MS);
  const outcome = row === undefined ? LOST : consultOutcomeOf(pending, row);
  // It may be on the wire still; if its process died, the job waits no longer than to the consultation's end.
  if (outcome === undefined) return null;
  return handBack(options, run.view.job, { outcome });
}

const LOST: ConsultOutcome = { failure: "unavailable" };
/** It waited for its turn for so long that no answer can come in time. */
const TOO_LATE: ConsultOutcome = { failure: "throttled" };
/** Few models answer faster; of a consultation that may take less than two seconds, a quarter. */
const LEAST_CALL_MS = 500;
/**
 * A job that waits for the model is the better probe, since its call is not cut, and comes within a second or two; a model
 * that only judges has nobody else.
 */
const PROBE_AFTER_MS = 5_000;

async function ask(options: InvokeOptions, run: Run, pending: StoredConsult): Promise<SettleMessage | null> {
  const { ledger, catalogue, model } = options;
  const settings = catalogue.classifier.llm;
  const { job } = run.view;
  // The catalogue was changed since: nothing says any more how long a prompt and an answer may be.
  if (settings === null) return handBack(options, job, { outcome: LOST });
  const leastMs = Math.min(LEAST_CALL_MS, settings.timeoutMs / 4);
  if (pending.endsAt - run.now() < leastMs) return handBack(options, job, { outcome: TOO_LATE });
  const prompt = consultationOf(await ledger.contents.readPrompt(job), settings.maxPromptBytes);
  const terms = termsFor(options, run, { ...settings, bytes: prompt.bytes });
  if ("failure" in terms) return handBack(options, job, { outcome: terms });
  // Nobody waits for room under a budget to be judged.
  if ((await coverCall(options, run.view, terms)) !== null)
    return handBack(options, job, { outcome: { failure: "budget_exceeded" } });
  const tokens = estimateTokens(model, prompt.bytes) + terms.maxOutputTokens;
  const slot = await takeSlot(options, tokens, PROBE_AFTER_MS);
  if ("limit" in slot) return refused(options, run, { askBy: pending.endsAt - leastMs, refusal: slot });
  try {
    const made = await makeCall(options, run, {
      kind: "classify",
      class: pending.localClass,
      terms,
      slot,
      timeoutMs: model.timeoutMs,
      endsAt: pending.endsAt,
      messagesOf: async () => prompt.messages,
      asks: {
        ...(settings.isReasoning ? {} : { temperature: 0 }),
        ...(settings.hasSchema ? { answerSchema: CONSULT_ANSWER_SCHEMA } : {}),
      },
      isStillDue: (seen) => pendingConsult(seen) !== undefined,
    });
    return await record(options, run, made);
  } finally {
    // Whoever comes here with the slot still taken has sent nothing.
    slot.free();
  }
}

const TERMS_FAILURES: Partial<Record<ErrorCode, ConsultFailure>> = {
  PRICE_UNKNOWN: "unpriced",
  WINDOW_EXCEEDED: "too_large",
  COST_LIMIT_EXCEEDED: "cost_limit",
};

function termsFor(
  options: InvokeOptions,
  { view, now }: Run,
  prompt: { bytes: number; maxOutputTokens: number },
): Terms | { failure: ConsultFailure } {
  try {
    // By the book itself: nobody is judged at a cap.
    return termsOf(options, view, { atMs: now(), prompt });
  } catch (error) {
    const failure = error instanceof SwitchyardError ? TERMS_FAILURES[error.code] : undefined;
    if (failure === undefined) throw error;
    return { failure };
  }
}

/** There is no room now: it keeps its place, for as long as an answer may still come in time. */
async function refused(
  options: InvokeOptions,
  { view, now }: Run,
  { askBy, refusal }: { askBy: number; refusal: Refusal },
): Promise<SettleMessage | null> {
  if (refusal.limit === "breaker")
    return handBack(options, view.job, { outcome: { failure: "breaker_open" } });
  const { limit, retryAfterMs } = refusal;
  if (now() + retryAfterMs > askBy) return handBack(options, view.job, { outcome: TOO_LATE });
  const message = `no room for a judgement by ${options.model.id} (${limit})`;
  throw new SwitchyardError("LIMIT_REACHED", message, { retryAfterMs });
}

/** Writes down how the call ended, on its own row first, then on the job's. */
async function record(
  options: InvokeOptions,
  { context, message, now }: Run,
  made: MadeCall,
): Promise<SettleMessage | null> {
  const settle = settleOf(message, made);
  try {
    const closed = await insist(context, () => close(options, made));
    failpoint("invoke.afterJudgement");
    const { consult: pending } = made.job;
    const outcome = pending && consultOutcomeOf(pending, { ...closed, endedAt: now() });
    return await handBack(options, made.job, { outcome: outcome ?? LOST, settle });
  } catch (error) {
    const isAway = error instanceof SwitchyardError && error.code === "LEDGER_UNAVAILABLE";
    // Out of time with the ledger away: what was paid rides in the summons, and settle repairs the row.
    if (isAway && settle.attempt !== undefined) return settle;
    throw error;
  }
}

type Closed = Pick<AttemptRow, "state" | "judged" | "error">;

async function close(options: InvokeOptions, { intent, outcome, isCancelled }: MadeCall): Promise<Closed> {
  const { attempts } = options.ledger;
  switch (outcome.kind) {
    case "settled": {
      const judged = readJudgement(outcome.text) ?? undefined;
      const settlement = { ...settlementOf(intent, outcome), judged };
      if (await attempts.settle(intent, settlement)) countCall(options, intent, settlement);
      return { state: "settled", judged };
    }
    case "void": {
      const error = stored(outcome.error);
      await attempts.voided(intent, error, outcome.providerRequestId);
      return { state: "void", error };
    }
    case "unknown": {
      const error = stored(outcome.error);
      await attempts.unknown(intent, error, outcome.providerRequestId);
      return { state: "unknown", error };
    }
    case "abandoned": {
      const error = isCancelled ? CANCELLED_SENT : CUT_OFF;
      await attempts.unknown(intent, error);
      return { state: "unknown", error };
    }
  }
}

const CUT_OFF: StoredError = {
  code: "PROVIDER_OUTCOME_UNKNOWN",
  message: "the call was withdrawn after it was sent; it may have been billed",
};

/** The summons to settle for a job that has ended meanwhile: one of its own, since a bare one may be in hand. */
function settleOf({ jobId, generation }: InvokeMessage, { intent, outcome }: MadeCall): SettleMessage {
  if (outcome.kind !== "settled") return { version: 1, jobId, generation, withdrawn: intent.n };
  const judged = readJudgement(outcome.text);
  const said = judged === null ? {} : { judged };
  return { version: 1, jobId, generation, attempt: { ...factsOf(intent, outcome), ...said } };
}

/**
 * Puts the outcome on the job's row and summons stage classify to decide. A row that was moved meanwhile was cancelled
 * or has ended, or was decided without waiting any longer: what was paid for it is booked all the same.
 */
async function handBack(
  { ledger, summoner }: HandBackOptions,
  job: JobRow,
  { outcome, settle }: { outcome: ConsultOutcome; settle?: SettleMessage },
): Promise<SettleMessage | null> {
  const moved = await ledger.jobs.consulted(job, outcome);
  failpoint("invoke.afterConsult");
  if (moved === null) {
    const seen = await ledger.jobs.read(job.jobId);
    if (seen !== null && isForSettle(seen)) return settle ?? bareSettle(job);
  }
  // The queue job that began the consultation may not have ended yet, and its id would swallow this one.
  await summoner.summon("classify", summonsOf(job), { suffix: "-c" });
  return null;
}

type HandBackOptions = Pick<InvokeOptions, "ledger" | "summoner">;

function isForSettle(job: JobRow): boolean {
  return isTerminal(job.status) || job.dueStage === "settle";
}

function bareSettle({ jobId, generation }: { jobId: string; generation: number }): SettleMessage {
  return { version: 1, jobId, generation };
}
