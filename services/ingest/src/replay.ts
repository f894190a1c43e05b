import { type ReplayBody, UNBOUNDED } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import { type JobRow, mostSpentPicoUsd, payerOf, type StoredRequest } from "@switchyard/shared/ledger";
import type { EventPublisher } from "@switchyard/shared/queues";
import { ceilingOf, pricesFor } from "@switchyard/shared/service";
import { reasonAgainstReplay } from "./dead-letter.ts";
import { contentExpiresAt, firstAttentionAt, refuseUnroutable, type SubmitOptions } from "./submit.ts";

export type ReplayOptions = SubmitOptions & { events: EventPublisher };

/** A replay races with whoever moves the row; each lost race is tried again at once, so often. */
const MAX_ROUNDS = 10;

/**
 * Begins a new generation of a job: prompt kept for longer, then the row, then the summons. Several at once
 * that ask for the same make one generation, and each is answered with it.
 * @throws SwitchyardError JOB_NOT_REPLAYABLE, and what a submit would be refused with.
 */
export async function replayJob(options: ReplayOptions, job: JobRow, wish: ReplayBody): Promise<JobRow> {
  const { ledger } = options;
  let seen = job;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const reason = reasonAgainstReplay(seen);
    if (reason !== null) throw new SwitchyardError("JOB_NOT_REPLAYABLE", reason);
    const terms = termsOf(options, seen, wish);
    const { promptBytes, tenant } = seen;
    const bounds = terms.request.bounds ?? UNBOUNDED;
    refuseUnroutable(options, { ...terms.request, bounds, promptBytes, tenant, atMs: ledger.now() });
    const expiresAt = contentExpiresAt(options.catalogue, terms.deadlineAt);
    if (!(await ledger.contents.keepPrompt(seen, { expiresAt, nowMs: ledger.now() }))) {
      const message = "the job's prompt is past its retention time; submit it anew";
      throw new SwitchyardError("JOB_NOT_REPLAYABLE", message);
    }
    const reservedPicoUsd = await reserveAgain(options, seen, terms.request);
    const moved = await ledger.jobs.replay(seen, { ...terms, reservedPicoUsd });
    if (moved !== null) return handedOn(options, moved);
    const now = await ledger.jobs.read(seen.jobId);
    if (now === null) throw new SwitchyardError("RESOURCE_MISSING", "no such job");
    // Another replay was quicker, or our own write came through and its reply did not.
    if (isWanted(now, { seen, request: terms.request, wish })) return handedOn(options, now);
    seen = now;
  }
  throw new SwitchyardError("ROW_CONFLICT", "the job moves too fast; try again");
}

/** What earlier generations spent is charged to their budgets, at the latest now; of the job's own limit it has taken its part. */
async function reserveAgain(options: ReplayOptions, job: JobRow, request: StoredRequest) {
  const { ledger, reserve } = options;
  const attempts = job.attempts > 0 ? ((await ledger.jobs.view(job.jobId))?.attempts ?? []) : [];
  const ended = { job, attempts: attempts.filter(({ generation }) => generation <= job.generation) };
  const { tenant, promptBytes } = job;
  const ask = { ...request, tenant, bounds: request.bounds ?? UNBOUNDED, promptBytes };
  const spentPicoUsd = request.maxCostUsd === null ? 0n : mostSpentPicoUsd(ended.attempts);
  const own = { ...options, prices: pricesFor(options, job.tenant) };
  const amountPicoUsd = ceilingOf(own, { ...ask, spentPicoUsd, atMs: ledger.now() });
  return reserve({
    ...{ jobId: job.jobId, generation: job.generation + 1, payer: payerOf(job), amountPicoUsd },
    ...(ended.attempts.length > 0 ? { ended } : {}),
  });
}

function termsOf(options: ReplayOptions, { request }: JobRow, wish: ReplayBody) {
  const now = options.ledger.now();
  const deadlineAt =
    wish.deadline === undefined ? now + options.catalogue.defaults.deadlineMs : Date.parse(wish.deadline);
  return {
    request: {
      ...request,
      model: wish.model ?? request.model,
      maxCostUsd: wish.max_cost_usd ?? request.maxCostUsd,
    },
    deadlineAt,
    attentionAt: firstAttentionAt(options, now, deadlineAt),
  };
}

function isWanted(now: JobRow, asked: { seen: JobRow; request: StoredRequest; wish: ReplayBody }): boolean {
  const { seen, request, wish } = asked;
  return (
    now.generation === seen.generation + 1 &&
    now.request.model === request.model &&
    now.request.maxCostUsd === request.maxCostUsd &&
    (wish.deadline === undefined || now.deadlineAt === Date.parse(wish.deadline))
  );
}

/** Whoever moved the row may have died before the summons; a second one changes nothing. */
async function handedOn({ events, summon }: ReplayOptions, job: JobRow): Promise<JobRow> {
  if (job.status === "queued" && job.dueStage === "classify") {
    events.publish(job);
    await summon("classify", job);
  }
  return job;
}
