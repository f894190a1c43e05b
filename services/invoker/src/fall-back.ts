import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import { type FallbackReason, type InvokeMessage, isTerminal, summonsOf } from "@switchyard/shared/contracts";
import {
  isClaimPending,
  type JobRow,
  type JobView,
  type Ledger,
  openAttempt,
} from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import type { PriceBook } from "@switchyard/shared/pricing";
import { type Admission, type EventPublisher, later, type Summoner } from "@switchyard/shared/queues";
import type { Logger, Metrics } from "@switchyard/shared/telemetry";
import { fallbackModels } from "./choose-fallback.ts";

interface FallBackOptions {
  catalogue: Catalogue;
  prices: PriceBook;
  ledger: Ledger;
  events: EventPublisher;
  admission: Admission;
  summoner: Summoner;
  metrics: Metrics;
  log: Logger;
}

interface Leaving {
  message: InvokeMessage;
  now: () => number;
  reason: FallbackReason;
  /** The job need not leave: it could wait. Then it only goes where calls are made just now. */
  isHeld?: boolean;
}

/** The row was moved by somebody else, who may be about to call. */
const CONFLICT_MS = 50;

/**
 * Moves a job from its model to the next: the row first, then the other model's summons. False when there is
 * nowhere to go. A death between the two is mended by `handOn`.
 */
export async function fallBack(options: FallBackOptions, leaving: Leaving): Promise<boolean> {
  const { ledger, summoner, events, metrics, log } = options;
  const { message, reason } = leaving;
  const view = await ledger.jobs.view(message.jobId);
  if (view === null || !mayLeave(view, leaving)) return false;
  const to = await firstOf(
    options,
    fallbackModels(options, view, { reason, atMs: leaving.now() }),
    leaving.isHeld === true,
  );
  if (to === null) return false;
  if (openAttempt(view) !== undefined || isClaimPending(view, leaving.now()))
    throw later("a call of this job may be on the wire", CONFLICT_MS);
  const moved = await ledger.jobs.rerouted(view.job, { to: to.id, reason });
  if (moved === null) throw later("the row moved meanwhile", CONFLICT_MS);
  failpoint("invoke.afterReroute");
  metrics.fallbacks.inc({ from: message.modelId, to: to.id, reason });
  log.info({ jobId: message.jobId, from: message.modelId, to: to.id, reason }, "job left its model");
  events.publish(moved);
  await summoner.summon("invoke", { ...summonsOf(moved), modelId: to.id });
  return true;
}

/** A summons of a model that the job has left: its own may never have been given. */
export async function handOn(
  { summoner }: Pick<FallBackOptions, "summoner">,
  message: InvokeMessage,
  job: JobRow,
): Promise<null> {
  const { modelId } = job;
  const hasLeft = job.fallbacks?.some(({ from }) => from === message.modelId) === true;
  if (hasLeft && modelId !== undefined && !isTerminal(job.status) && job.dueStage === "invoke")
    await summoner.summon("invoke", { ...summonsOf(job), modelId });
  return null;
}

/** Jobs of this model whose wishes allow it leave it just now for one whose calls are made. */
export async function mayOthersLeave({
  catalogue,
  admission,
  model,
}: Pick<FallBackOptions, "catalogue" | "admission"> & { model: Model }): Promise<boolean> {
  const models = model.fallbacks.unavailable
    .flatMap((id) => catalogue.models.get(id) ?? [])
    .filter(({ isActive, isPriced }) => isActive && isPriced);
  return (await firstOf({ admission }, models, true)) !== null;
}

/** Nothing that was paid, or that may not be paid again, is followed by a call of another model. */
function mayLeave({ job, attempts }: JobView, { message, now }: Leaving): boolean {
  if (job.generation !== message.generation || job.modelId !== message.modelId) return false;
  if (isTerminal(job.status) || job.status === "cancelling" || job.dueStage !== "invoke") return false;
  if (job.failure !== undefined || job.deadlineAt <= now()) return false;
  const own = attempts.filter((row) => row.generation === job.generation && row.kind === "invoke");
  if (own.some((row) => row.state === "settled")) return false;
  return job.request.onUnknown !== "fail" || !own.some((row) => row.state === "unknown");
}

/** One whose calls are made just now, rather than one whose breaker is open. */
async function firstOf(
  { admission }: Pick<FallBackOptions, "admission">,
  models: readonly Model[],
  isHeld: boolean,
): Promise<Model | null> {
  if (models.length === 0) return null;
  const breakers = await admission.breakers(models.map(({ id }) => id));
  const working = models.find((_, index) => breakers[index] === null);
  return working ?? (isHeld ? null : (models[0] ?? null));
}
