import { randomUUID } from "node:crypto";
import type { ChatMessage, InvokeMessage, JobClass } from "@switchyard/shared/contracts";
import type { JobRow, JobView, Ledger, NewIntent } from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import { later, type RunContext } from "@switchyard/shared/queues";
import { callErrorOf } from "./call-error.ts";
import type { WatchedCall } from "./cancel-watch.ts";
import { coverCall } from "./cover-call.ts";
import { insist } from "./insist.ts";
import type { InvokeOptions } from "./invoke-options.ts";
import type { CompletionRequest, Outcome } from "./providers/index.ts";
import { type Slot, usedTokensOf } from "./take-slot.ts";
import type { Terms } from "./terms.ts";
import { traceCall } from "./trace-call.ts";

/** One run for one job, as its rows were seen. */
export interface Run {
  view: JobView;
  message: InvokeMessage;
  context: RunContext;
  now: () => number;
}

/** A call that the rows and the limits allow. */
export interface PlannedCall {
  kind: NewIntent["kind"];
  /** Under which class it is booked. */
  class: JobClass;
  terms: Terms;
  slot: Slot;
  /** The model's own bound of a call. */
  timeoutMs: number;
  /** When nobody waits for it any longer: the call is cut then, however long the model might have taken. */
  endsAt?: number;
  messagesOf: (job: JobRow) => Promise<readonly ChatMessage[]>;
  asks?: Pick<CompletionRequest, "answerSchema" | "temperature">;
  /** Looked at once more after the intent is there; false, and nothing is sent. */
  isStillDue?: (job: JobRow) => boolean;
}

/** A call that was made, whose outcome is to be written down. */
export interface MadeCall {
  job: JobRow;
  intent: NewIntent;
  outcome: Outcome;
  /** The call was aborted because its job is being cancelled: there is no other call to come. */
  isCancelled: boolean;
}

/** Time from claiming an attempt to its intent row; past it the claim counts as abandoned. */
const CLAIM_MS = 5_000;
/** The intent's lease outlives the call's own deadline by this: the time to write down its outcome. */
const LEASE_MARGIN_MS = 10_000;
/** A row that somebody else moved is looked at again so soon. */
export const CONFLICT_MS = 50;

/** The only way to a provider: claims the next attempt, writes its intent, looks once more, and calls. */
export async function makeCall(options: InvokeOptions, run: Run, call: PlannedCall): Promise<MadeCall> {
  const { ledger, events, model } = options;
  const { view, now } = run;
  failpoint("invoke.beforeIntent");
  const job = await claim(ledger, view.job, { until: now() + CLAIM_MS, kind: call.kind });
  run.context.admitted?.();
  events.publish(job);
  const startedAt = now();
  const callUntil = Math.min(startedAt + call.timeoutMs, call.endsAt ?? Number.POSITIVE_INFINITY);
  const intent = {
    jobId: job.jobId,
    n: job.attempts,
    generation: job.generation,
    kind: call.kind,
    claimId: job.claimId as string,
    modelId: model.id,
    providerId: model.providerId,
    tenant: job.tenant,
    class: call.class,
    ...(job.keyId === undefined ? {} : { keyId: job.keyId }),
    ...(job.tags === undefined ? {} : { tags: job.tags }),
    startedAt,
    leaseUntil: callUntil + LEASE_MARGIN_MS,
    price: call.terms.price,
    maxCostPicoUsd: call.terms.maxCostPicoUsd,
    ...(call.slot.isProbe ? { isProbe: true } : {}),
  };
  const watched = options.cancels.watch(job.jobId, run.context.signal);
  try {
    const messages = await prepared(options, run, { job, intent, call });
    const outcome = await timedCall(options, run, { intent, messages, call, watched });
    // That nobody waited for as long as the model might have taken says nothing of the model.
    const isCutByUs = callUntil === call.endsAt && "isOutOfTime" in outcome;
    call.slot.freeAfter(outcome, isCutByUs);
    run.context.used?.(usedTokensOf(outcome) ?? 0);
    failpoint("invoke.afterAnswer");
    return { job, intent, outcome, isCancelled: watched.isCancelled };
  } finally {
    watched.end();
  }
}

/**
 * Everything between the claim and the call. Whatever goes wrong here, no byte has left: the attempt is
 * written down as void, for as long as that takes, and never becomes a call that may have been paid.
 */
async function prepared(
  options: InvokeOptions,
  { context, now }: Run,
  { job, intent, call }: { job: JobRow; intent: NewIntent; call: PlannedCall },
): Promise<readonly ChatMessage[]> {
  const isTaken = later("another run has this attempt", CONFLICT_MS);
  const { ledger } = options;
  const { attempts } = ledger;
  try {
    const messages = await call.messagesOf(job);
    if (!(await attempts.intend(intent))) throw isTaken;
    failpoint("invoke.afterIntent");
    const seen = await lookOnceMore(ledger, { claimed: job, now, isStillDue: call.isStillDue });
    await coverOnceMore(options, seen);
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

async function claim(
  ledger: Ledger,
  seen: JobRow,
  { until, kind }: { until: number; kind: NewIntent["kind"] },
): Promise<JobRow> {
  const claimId = randomUUID();
  const isConsult = kind === "classify";
  const claimed = await ledger.jobs.claim(seen, { claimId, claimUntil: until, isConsult });
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
async function lookOnceMore(
  ledger: Ledger,
  {
    claimed,
    now,
    isStillDue = () => true,
  }: { claimed: JobRow; now: () => number; isStillDue?: PlannedCall["isStillDue"] },
): Promise<JobView> {
  const again = await ledger.jobs.view(claimed.jobId);
  const isOurs = again?.job.claimId === claimed.claimId && again?.job.status === claimed.status;
  const isAlone =
    again?.attempts.every((row) => row.n === claimed.attempts || row.state !== "intent") === true;
  const isDue = isOurs && isAlone && isStillDue(again.job);
  // A call that has begun runs to its own end; none begins for somebody who waits no longer.
  if (isDue && Math.min(claimed.claimUntil ?? 0, claimed.deadlineAt) > now()) return again;
  throw later("the row moved before the call", CONFLICT_MS);
}

/**
 * Redis may have lost what was reserved since, and learnt it anew from rows among which the intent was not. Now that it
 * is there, either it was among them, or this finds out.
 */
async function coverOnceMore(options: InvokeOptions, seen: JobView): Promise<void> {
  const refused = await coverCall(options, seen);
  if (refused !== null) throw later("no room under a budget any more", CONFLICT_MS);
}

const NOT_SENT = { code: "ROW_CONFLICT", message: "the job moved before the call was sent" };

interface Call {
  intent: NewIntent;
  messages: readonly ChatMessage[];
  call: PlannedCall;
  watched: WatchedCall;
}

async function timedCall(options: InvokeOptions, run: Run, given: Call) {
  const { client, model, metrics } = options;
  const { intent, call } = given;
  const { maxOutputTokens } = call.terms;
  const labels = { model: model.id, provider: model.providerId };
  const startedAt = performance.now();
  metrics.providerCallsInFlight.inc(labels);
  try {
    const answer = traceCall(options, { intent, maxOutputTokens }, () =>
      client.complete({
        attemptId: `${intent.jobId}.${intent.n}`,
        jobId: intent.jobId,
        providerModel: model.providerModel,
        messages: given.messages,
        maxOutputTokens,
        bytesPerToken: model.bytesPerToken,
        serviceTier: model.serviceTier,
        ...call.asks,
        // The lease is absolute: what was lost since it was taken comes off the call, which is not sent when nothing is left.
        timeoutMs: Math.min(call.timeoutMs, intent.leaseUntil - LEASE_MARGIN_MS - run.now()),
        signal: given.watched.signal,
      }),
    );
    failpoint("invoke.duringCall");
    const outcome = await answer;
    const seconds = (performance.now() - startedAt) / 1_000;
    metrics.providerCallSeconds.observe({ ...labels, outcome: outcome.kind }, seconds);
    const error = callErrorOf(outcome);
    if (error !== null) metrics.providerErrors.inc({ ...labels, error });
    return outcome;
  } finally {
    metrics.providerCallsInFlight.dec(labels);
  }
}
