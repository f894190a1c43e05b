import { randomUUID } from "node:crypto";
import { type Catalogue, estimateTokens, type Model } from "@switchyard/shared/catalogue";
import type { ChatMessage, InvokeMessage, SettleMessage } from "@switchyard/shared/contracts";
import { asSwitchyardError, SwitchyardError } from "@switchyard/shared/errors";
import {
  type JobRow,
  type JobView,
  LEASE_LAPSED,
  type Ledger,
  type NewIntent,
} from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import type { PriceBook } from "@switchyard/shared/pricing";
import {
  type Admission,
  type EventPublisher,
  later,
  type RunContext,
  type StageHandler,
  type Summoner,
} from "@switchyard/shared/queues";
import type { Logger, Metrics } from "@switchyard/shared/telemetry";
import type { CancelWatch, WatchedCall } from "./cancel-watch.ts";
import { fallbackReasonOf } from "./choose-fallback.ts";
import { fallBack, handOn, mayOthersLeave } from "./fall-back.ts";
import { nextStep } from "./next-step.ts";
import type { ProviderClient } from "./providers/index.ts";
import { insist, recordOutcome } from "./record-outcome.ts";
import { type Refusal, type Slot, takeSlot } from "./take-slot.ts";
import { type Terms, termsOf } from "./terms.ts";

export interface InvokeOptions {
  catalogue: Catalogue;
  prices: PriceBook;
  model: Model;
  client: ProviderClient;
  ledger: Ledger;
  events: EventPublisher;
  cancels: CancelWatch;
  admission: Admission;
  summoner: Summoner;
  metrics: Metrics;
  log: Logger;
  now?: () => number;
}

/** Time from claiming an attempt to its intent row; past it the claim counts as abandoned. */
const CLAIM_MS = 5_000;
/** The intent's lease outlives the call's own deadline by this: the time to write down its outcome. */
const LEASE_MARGIN_MS = 10_000;
/** Those that wait for a breaker each by itself come apart by so much. */
const HELD_SPREAD_MS = 15_000;
/** A row that somebody else moved is looked at again so soon. */
const CONFLICT_MS = 50;

/**
 * Stage invoke. A run may come twice, late or out of nowhere: it asks the rows what to do and the limits whether
 * there is room, claims the next attempt, writes its intent, looks once more, calls, and writes down the outcome.
 * Only then does its queue job complete.
 */
export function invokeWith(options: InvokeOptions): StageHandler<"invoke"> {
  const now = options.now ?? options.ledger.now;
  return async (message, context) => {
    try {
      return await oneRun(options, { message, context, now });
    } catch (thrown) {
      const { code } = asSwitchyardError(thrown);
      const reason = fallbackReasonOf(code);
      if (reason !== null && (await fallBack(options, { message, now, reason }))) return null;
      if (CALL_FAILED.has(code) && (await hasLeftHeldModel(options, message, now))) return null;
      throw thrown;
    }
  };
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

interface Run {
  view: JobView;
  message: InvokeMessage;
  context: RunContext;
  now: () => number;
}

/** A refusal by the limits comes before the claim: it writes no row and uses up no attempt. */
async function callOnce(options: InvokeOptions, run: Run): Promise<SettleMessage | null> {
  const terms = termsOf(options, run.view);
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
  const { ledger, events, model } = options;
  const { view, now } = run;
  const { price, maxOutputTokens, maxCostPicoUsd } = terms;
  failpoint("invoke.beforeIntent");
  const job = await claim(ledger, view.job, now() + CLAIM_MS);
  run.context.admitted?.();
  events.publish(job);
  const intent = {
    jobId: job.jobId,
    n: job.attempts,
    generation: job.generation,
    kind: "invoke" as const,
    claimId: job.claimId as string,
    modelId: model.id,
    providerId: model.providerId,
    tenant: job.tenant,
    class: job.decision?.class ?? "COMPLEX",
    startedAt: now(),
    leaseUntil: now() + model.timeoutMs + LEASE_MARGIN_MS,
    price,
    maxCostPicoUsd,
    ...(slot.isProbe ? { isProbe: true } : {}),
  };
  const watched = options.cancels.watch(job.jobId, run.context.signal);
  try {
    const messages = await prepared(options, run, { job, intent });
    const outcome = await timedCall(options, run, { intent, messages, maxOutputTokens, watched });
    slot.freeAfter(outcome);
    failpoint("invoke.afterAnswer");
    const { message, context } = run;
    const { isCancelled } = watched;
    return await recordOutcome(options, { message, job, intent, outcome, context, isCancelled });
  } finally {
    watched.end();
  }
}

/**
 * Everything between the claim and the call. Whatever goes wrong here, no byte has left: the attempt is
 * written down as void, for as long as that takes, and never becomes a call that may have been paid.
 */
async function prepared(
  { ledger }: InvokeOptions,
  { context, now }: Run,
  { job, intent }: { job: JobRow; intent: NewIntent },
): Promise<ChatMessage[]> {
  const isTaken = later("another run has this attempt", CONFLICT_MS);
  const { attempts } = ledger;
  try {
    const messages = await ledger.contents.readPrompt(job);
    if (!(await attempts.intend(intent))) throw isTaken;
    failpoint("invoke.afterIntent");
    await lookOnceMore(ledger, job, now);
    return messages;
  } catch (error) {
    if (error === isTaken) throw error;
    await insist(context, async () => {
      if (await attempts.voided(intent, NOT_SENT)) return;
      // The row was never written: it is now, so that the attempt does not count as vanished.
      if (await attempts.intend(intent)) await attempts.voided(intent, NOT_SENT);
    });
    throw error;
  }
}

async function claim(ledger: Ledger, seen: JobRow, claimUntil: number): Promise<JobRow> {
  const claimId = randomUUID();
  const claimed = await ledger.jobs.claim(seen, { claimId, claimUntil });
  if (claimed !== null) return claimed;
  // The reply to our own write may have been lost and the write repeated.
  const stored = await ledger.jobs.read(seen.jobId);
  if (stored?.claimId === claimId) return stored;
  throw later("the row moved meanwhile", CONFLICT_MS);
}

/**
 * Between the claim and the intent somebody may have cancelled the job, or taken the claim for
 * abandoned. Both look for an open intent after they write; this looks for them after the intent is
 * there: one of the two always sees the other, so no call starts after a cancel that found none.
 */
async function lookOnceMore(ledger: Ledger, claimed: JobRow, now: () => number): Promise<void> {
  const again = await ledger.jobs.view(claimed.jobId);
  const isOurs = again?.job.claimId === claimed.claimId && again?.job.status === "running";
  const isAlone =
    again?.attempts.every((row) => row.n === claimed.attempts || row.state !== "intent") === true;
  // A call that has begun runs to its own end; none begins for somebody who waits no longer.
  if (isOurs && isAlone && Math.min(claimed.claimUntil ?? 0, claimed.deadlineAt) > now()) return;
  throw later("the row moved before the call", CONFLICT_MS);
}

const NOT_SENT = { code: "ROW_CONFLICT", message: "the job moved before the call was sent" };

interface Call {
  intent: { jobId: string; n: number; leaseUntil: number };
  messages: readonly ChatMessage[];
  maxOutputTokens: number;
  watched: WatchedCall;
}

async function timedCall({ client, model, metrics }: InvokeOptions, run: Run, call: Call) {
  const labels = { model: model.id, provider: model.providerId };
  const startedAt = performance.now();
  metrics.providerCallsInFlight.inc(labels);
  try {
    const answer = client.complete({
      attemptId: `${call.intent.jobId}.${call.intent.n}`,
      jobId: call.intent.jobId,
      providerModel: model.providerModel,
      messages: call.messages,
      maxOutputTokens: call.maxOutputTokens,
      // The lease is absolute: what was lost since it was taken comes off the call, which is not sent when nothing is left.
      timeoutMs: Math.min(model.timeoutMs, call.intent.leaseUntil - LEASE_MARGIN_MS - run.now()),
      signal: call.watched.signal,
    });
    failpoint("invoke.duringCall");
    const outcome = await answer;
    const seconds = (performance.now() - startedAt) / 1_000;
    metrics.providerCallSeconds.observe({ ...labels, outcome: outcome.kind }, seconds);
    return outcome;
  } finally {
    metrics.providerCallsInFlight.dec(labels);
  }
}

function settleMessage({ jobId, generation }: InvokeMessage): SettleMessage {
  return { version: 1, jobId, generation };
}
