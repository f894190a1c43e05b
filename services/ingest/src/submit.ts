import type { Catalogue } from "@switchyard/shared/catalogue";
import { nearestName, outputRoomTokens, unpricedPolicyOf } from "@switchyard/shared/catalogue";
import { type ClassBounds, messagesOf, type SubmitBody } from "@switchyard/shared/contracts";
import { type FieldProblem, SwitchyardError } from "@switchyard/shared/errors";
import { type JobRow, type Ledger, type StoredRequest, taggedBy } from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import type { PriceBook } from "@switchyard/shared/pricing";
import type { Backlog } from "@switchyard/shared/queues";
import { ceilingOf, lacksEveryPrice } from "@switchyard/shared/service";
import { annotateSpan, type Logger, type Metrics, presentTraceparent } from "@switchyard/shared/telemetry";
import { checkSubmit } from "./check-submit.ts";
import { boundsWithin, isUnbounded } from "./class-bounds.ts";
import { invalid } from "./http/json-body.ts";
import { SUBMIT_BODY } from "./http/request-body.ts";
import { derivedJobId, fingerprintOf, randomJobId } from "./job-id.ts";
import type { Reserve } from "./reserve.ts";
import type { SummonInTime } from "./summon-in-time.ts";

export interface SubmitOptions {
  ledger: Ledger;
  summon: SummonInTime;
  reserve: Reserve;
  catalogue: Catalogue;
  prices: PriceBook;
  metrics: Metrics;
  log: Logger;
  /** Job ids are derived with it. */
  idSecret: string;
  /** Without movement for so long a job gets the sweeper's attention. */
  sweepStaleMs: number;
  /** A summons that stands behind many others is given more time before it gets that. */
  backlog: Pick<Backlog, "waitMs">;
}

export interface Submission {
  tenant: string;
  keyId: string;
  /** What the caller's key allows. */
  bounds: ClassBounds;
  /** Part of what an idempotency key is scoped to. */
  route: string;
  idempotencyKey: string | null;
  /** The body as parsed, before any default. */
  body: unknown;
  /** Problems found beside the body, told with its own. */
  problems?: readonly FieldProblem[];
}

export interface Accepted {
  job: JobRow;
  /** The idempotency key was known: this is the job it made then. */
  isReplay: boolean;
}

const DAY_MS = 86_400_000;

/**
 * Accepts a job: its budgets, then prompt, accept row and summons. Once this resolves the job is durable and will
 * reach exactly one terminal state, whatever becomes of Redis.
 * @throws SwitchyardError for anything that is wrong with the submission, BUDGET_EXCEEDED too; then nothing was stored.
 */
export async function submit(options: SubmitOptions, submission: Submission): Promise<Accepted> {
  const { ledger, idSecret } = options;
  const { tenant, route, idempotencyKey: key } = submission;
  refuseManyFields(submission.body);
  const fingerprint = fingerprintOf(submission.body);
  const jobId = key === null ? randomJobId() : derivedJobId(idSecret, { tenant, route, key });
  annotateSpan({ "switchyard.job_id": jobId });
  if (key !== null) {
    // Before the body is checked: what was accepted once is answered alike, though its deadline has passed.
    const earlier = await ledger.jobs.read(jobId);
    if (earlier !== null) return replay(options, earlier, fingerprint);
  }
  const accepted = await accept(options, submission, { jobId, fingerprint });
  failpoint("ingest.afterAccept");
  const job = accepted ?? (await ledger.jobs.read(jobId));
  if (job === null) throw new SwitchyardError("LEDGER_UNAVAILABLE", "the accept row cannot be read");
  if (accepted === null && key !== null) return replay(options, job, fingerprint);
  options.metrics.jobsAccepted.inc();
  await options.summon("classify", job);
  return { job, isReplay: false };
}

/**
 * What is reserved for a job that is not accepted in the end, because its process dies or the table is away, is
 * released as that of a job that there is not.
 */
async function accept(
  options: SubmitOptions,
  submission: Submission,
  { jobId, fingerprint }: Pick<JobRow, "jobId" | "fingerprint">,
): Promise<JobRow | null> {
  const { ledger, catalogue } = options;
  const { tenant, keyId } = submission;
  const now = ledger.now();
  const { body, deadlineAt } = checkSubmit(submission.body, {
    now,
    defaultDeadlineMs: catalogue.defaults.deadlineMs,
    others: submission.problems ?? [],
  });
  const messages = messagesOf(body);
  const promptBytes = promptBytesOf(messages);
  const bounds = boundsWithin(submission.bounds, body);
  refuseHopeless(options, body, { promptBytes, tenant, bounds, atMs: now });
  const tagged = taggedBy(body.metadata ?? {}, catalogue.tags);
  const request = requestOf(body, bounds);
  const reservedPicoUsd = await options.reserve({
    jobId,
    generation: 1,
    payer: { tenant, keyId, tags: tagged.tags ?? {} },
    amountPicoUsd: ceilingOf(options, { ...request, tenant, bounds, promptBytes, atMs: now }),
  });
  const expiresAt = contentExpiresAt(catalogue, deadlineAt);
  const promptChunks = await ledger.contents.writePrompt({ jobId, fingerprint, messages, expiresAt });
  const traceparent = presentTraceparent();
  return ledger.jobs.accept({
    ...{ jobId, tenant, fingerprint, keyId, request, ...tagged },
    ...{ createdAt: now, deadlineAt, promptChunks, promptBytes },
    ...(reservedPicoUsd === undefined ? {} : { reservedPicoUsd }),
    ...(traceparent === undefined ? {} : { traceparent }),
    attentionAt: firstAttentionAt(options, now, deadlineAt),
  });
}

function requestOf(body: SubmitBody, bounds: ClassBounds): StoredRequest {
  return {
    model: body.model,
    maxOutputTokens: body.max_output_tokens ?? null,
    maxCostUsd: body.max_cost_usd ?? null,
    onUnknown: body.on_unknown,
    priority: body.priority,
    metadata: body.metadata ?? {},
    ...(isUnbounded(bounds) ? {} : { bounds }),
  };
}

/** When the sweeper first looks at a job that nobody has moved; in time for its deadline. */
export function firstAttentionAt(
  { sweepStaleMs, backlog }: Pick<SubmitOptions, "sweepStaleMs" | "backlog">,
  now: number,
  deadlineAt: number,
): number {
  return Math.min(now + sweepStaleMs + backlog.waitMs(), deadlineAt + 1);
}

/** When a prompt may go, in seconds since the epoch: its retention begins with the job's deadline. */
export function contentExpiresAt({ retention }: Catalogue, deadlineAt: number): number {
  return Math.ceil((deadlineAt + retention.contentDays * DAY_MS) / 1_000);
}

/** Role markers and separators round one message take up to 5 tokens; an estimate counts 3 bytes to a token. */
const MESSAGE_OVERHEAD_BYTES = 15;

/** A submit has ten fields; what has very many is refused before it is sorted, and its keys are not told one by one. */
const MAX_FIELDS = 50;

function refuseManyFields(body: unknown): void {
  const fields =
    body !== null && typeof body === "object" && !Array.isArray(body) ? Object.keys(body).length : 0;
  if (fields <= MAX_FIELDS) return;
  throw invalid([
    { path: "", code: "too_big", detail: `has ${fields} fields; a submit has at most ${MAX_FIELDS}` },
  ]);
}

/** Bytes of UTF-8 in all messages, and what stands round each: what token estimates and bounds are made from. */
export function promptBytesOf(messages: readonly { content: string }[]): number {
  return messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) + MESSAGE_OVERHEAD_BYTES, 0);
}

async function replay({ summon }: SubmitOptions, job: JobRow, fingerprint: string): Promise<Accepted> {
  if (job.fingerprint !== fingerprint) {
    const message = "this Idempotency-Key was used with another body; use a new key for a new job";
    throw new SwitchyardError("IDEMPOTENCY_KEY_REUSED", message);
  }
  // Whoever accepted the job may have died before the summons; a second one changes nothing.
  if (job.status === "queued" && job.dueStage === "classify") await summon("classify", job);
  return { job, isReplay: true };
}

/**
 * What can be told to fail before anything is stored: no such model, no price, no room.
 * @throws SwitchyardError BODY_TOO_LARGE, MODEL_UNKNOWN, ROUTE_MISSING, PRICE_UNKNOWN or WINDOW_EXCEEDED.
 */
export function refuseHopeless(
  options: Pick<SubmitOptions, "catalogue" | "prices">,
  body: SubmitBody,
  asked: { promptBytes: number; tenant: string; bounds: ClassBounds; atMs: number },
): void {
  const messages = messagesOf(body);
  if (asked.promptBytes - messages.length * MESSAGE_OVERHEAD_BYTES > SUBMIT_BODY.maxBytes) {
    throw new SwitchyardError("BODY_TOO_LARGE", "the prompt is larger than 1 MB");
  }
  const { model, max_output_tokens: maxOutputTokens = null } = body;
  refuseUnroutable(options, { ...asked, model, maxOutputTokens });
}

/** @throws SwitchyardError MODEL_UNKNOWN, ROUTE_MISSING, PRICE_UNKNOWN or WINDOW_EXCEEDED. */
export function refuseUnroutable(
  { catalogue, prices }: Pick<SubmitOptions, "catalogue" | "prices">,
  asked: Pick<StoredRequest, "model" | "maxOutputTokens"> & {
    bounds: ClassBounds;
    promptBytes: number;
    tenant: string;
    atMs: number;
  },
): void {
  const active = [...catalogue.models.values()].filter((model) => model.isActive);
  const offered = asked.model === "auto" ? active : active.filter((model) => model.id === asked.model);
  if (offered.length === 0)
    throw noSuchModel(
      asked.model,
      active.map((model) => model.id),
    );
  const mayBeUnpriced = unpricedPolicyOf(catalogue, asked.tenant).policy !== "refuse";
  const usable = offered.filter((model) => mayBeUnpriced || prices.find(model, asked.atMs) !== null);
  if (usable.length === 0 || (!mayBeUnpriced && lacksEveryPrice({ catalogue, prices }, asked))) {
    const why = asked.model === "auto" ? "no model has a price that the job may go to" : "it has no price";
    throw new SwitchyardError("PRICE_UNKNOWN", `${asked.model} cannot be used: ${why}`);
  }
  const prompt = { bytes: asked.promptBytes, maxOutputTokens: asked.maxOutputTokens };
  const fits = (model: (typeof active)[number]) => outputRoomTokens(catalogue, model, prompt) > 0;
  if (usable.some(fits)) return;
  const larger = active.filter(fits).sort((a, b) => a.windowTokens - b.windowTokens)[0];
  const hint = larger === undefined ? "no active model has a window that large" : `${larger.id} would fit it`;
  throw new SwitchyardError("WINDOW_EXCEEDED", `the prompt does not fit ${asked.model}: ${hint}`);
}

function noSuchModel(model: string, active: readonly string[]): SwitchyardError {
  if (model === "auto")
    return new SwitchyardError("ROUTE_MISSING", "no model is active in this installation");
  const near = nearestName(model, active);
  const hint = near === null ? "GET /v1/models lists those there are" : `did you mean ${near}?`;
  return new SwitchyardError("MODEL_UNKNOWN", `no such model: ${hint}`);
}
