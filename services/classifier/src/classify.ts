import type { ConsultSettings } from "@switchyard/shared/catalogue";
import {
  type GateReason,
  type InvokeMessage,
  isTerminal,
  summonsOf,
  UNBOUNDED,
} from "@switchyard/shared/contracts";
import { asSwitchyardError } from "@switchyard/shared/errors";
import {
  type ConsultOutcome,
  consultOutcomeOf,
  type JobRow,
  type Ledger,
  mostSpentPicoUsd,
  pendingConsult,
  type StoredConsult,
} from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import { formatUsd, parseUsd } from "@switchyard/shared/pricing";
import {
  type BudgetAccounts,
  type EventPublisher,
  later,
  type StageHandler,
  type Summoner,
} from "@switchyard/shared/queues";
import { holdForPrice, lacksEveryPrice, pricesFor, worstCaseOf } from "@switchyard/shared/service";
import { annotateSpan, type Logger, type Metrics } from "@switchyard/shared/telemetry";
import { type Decided, decide } from "./decide.ts";
import { countShadow } from "./outcome/shadow.ts";
import type { DecideRequest, Decider, Lot } from "./place.ts";
import type { Consulted } from "./second-opinion.ts";

export interface ClassifyOptions extends Decider {
  ledger: Ledger;
  events: EventPublisher;
  summoner: Summoner;
  budgets: Pick<BudgetAccounts, "shrink">;
  metrics: Metrics;
  /** Told what a shadow would have chosen. */
  log?: Logger;
}

/** Whoever asked the model may be about to say what came of it: its word is better than none. */
const CONSULT_GRACE_MS = 250;

/**
 * Stage classify: judge, choose, write the decision on the row, and summon the model's pool. Where a model is to judge
 * the job first, its pool is summoned for that, and this stage again for the time at which nobody waits any longer.
 */
export function classifyWith(options: ClassifyOptions): StageHandler<"classify"> {
  return async ({ jobId, generation }, { signal }) => {
    // Else a run of many would wait, a request behind another, for minutes for a DynamoDB that does not answer.
    const ledger = options.ledger.within(signal);
    const job = await ledger.jobs.read(jobId);
    if (job === null || job.generation !== generation || isTerminal(job.status)) return null;
    if (job.dueStage === "settle") return null;
    // The sweeper looks at the row at its deadline and ends it: nobody need judge it, nor any pool see it.
    if (job.deadlineAt <= ledger.now()) return null;
    if (job.modelId !== undefined) return { ...summonsOf(job), modelId: job.modelId };
    const pending = pendingConsult(job);
    if (pending !== undefined && pending.endsAt > ledger.now()) return awaitConsult(options, job, pending);
    const consulted = await consultedOf(ledger, job);
    const decided = await decideOrHold({ ...options, ledger }, job, consulted);
    const { ask } = decided.opinion;
    if (ask !== null) return begin({ ...options, ledger }, job, { decided, ask });
    return finish({ ...options, ledger }, job, { decided, consulted });
  };
}

async function decideOrHold(
  options: ClassifyOptions,
  job: JobRow,
  consulted: Consulted | undefined,
): Promise<Decided> {
  // Else its prompt would be read and judged at every look, for as long as it waits.
  if (job.held?.reason === "price_unknown" && lacksPrices(options, job)) await holdForPrice(options, job);
  try {
    return await decide(options, await requestOf(options.ledger, job), consulted);
  } catch (error) {
    if (asSwitchyardError(error).code === "PRICE_UNKNOWN") await holdForPrice(options, job);
    throw error;
  }
}

function lacksPrices({ catalogue, prices, ledger }: ClassifyOptions, job: JobRow): boolean {
  const { tenant, promptBytes, request } = job;
  const { model, bounds = UNBOUNDED } = request;
  const own = { catalogue, prices: pricesFor({ catalogue, prices }, tenant) };
  return lacksEveryPrice(own, { model, bounds, promptBytes, atMs: ledger.now() });
}

async function begin(
  options: ClassifyOptions,
  job: JobRow,
  { decided, ask }: { decided: Decided; ask: ConsultSettings },
): Promise<InvokeMessage> {
  const { jobs, now } = options.ledger;
  const { judged_class, class: jobClass, gate } = decided.decision;
  const consult = {
    modelId: ask.modelId,
    endsAt: now() + ask.timeoutMs,
    localClass: judged_class ?? jobClass,
  };
  const moved =
    gate === undefined ? null : await jobs.consulting(job, { ...consult, gate }, decided.standing.drawn);
  if (moved?.consult === undefined) throw later("the row moved meanwhile", 50);
  failpoint("classify.afterConsult");
  options.metrics.consultations.inc({ outcome: "asked" });
  options.patience.asked(ask.modelId);
  const delayMs = ask.timeoutMs + CONSULT_GRACE_MS;
  await options.summoner.summon("classify", summonsOf(moved), { delayMs, suffix: "-t" });
  return { ...summonsOf(moved), modelId: ask.modelId, consult: true };
}

/**
 * A run that was repeated, or one for the end that came early because clocks differ. It hands over again, which changes
 * nothing where that was done, and comes back at the end itself: another queue job of its own id would be none.
 */
async function awaitConsult(
  { summoner, ledger }: ClassifyOptions,
  job: JobRow,
  { modelId, endsAt }: StoredConsult,
): Promise<never> {
  await summoner.summon("invoke", { ...summonsOf(job), modelId, consult: true });
  throw later("a model is judging the job", endsAt - ledger.now() + CONSULT_GRACE_MS);
}

async function finish(
  options: ClassifyOptions,
  job: JobRow,
  { decided, consulted }: { decided: Decided; consulted: Consulted | undefined },
): Promise<InvokeMessage> {
  const { metrics } = options;
  const { decision, route, standing } = decided;
  const reservedPicoUsd = await mostLeftOf(options, job, route.modelId);
  const choice = { modelId: route.modelId, ...standing.drawn, reservedPicoUsd };
  const moved = await options.ledger.jobs.classified(job, decision, choice);
  if (moved === null) throw later("the row moved meanwhile", 50);
  failpoint("classify.afterWrite");
  // While Redis is away more stays reserved than the job needs, until it ends.
  if (reservedPicoUsd !== undefined) await options.budgets.shrink(job.jobId, reservedPicoUsd).catch(() => {});
  annotateSpan({
    "switchyard.class": decision.class,
    "switchyard.strategy": decision.strategy,
    "switchyard.model": route.modelId,
  });
  metrics.jobsClassified.inc({ class: decision.class, strategy: decision.strategy });
  // A job that is replayed was counted when it was drawn.
  if (standing.drawn.arm !== undefined && job.generation === 1)
    metrics.jobsDrawn.inc({ arm: standing.drawn.arm });
  count(metrics, decided, consulted);
  if (consulted !== undefined) options.patience.heard(consulted.modelId, isLate(consulted.outcome));
  if (decision.shadow !== undefined) {
    countShadow(metrics, decision.class, decision.shadow);
    const { jobId } = job;
    options.log?.info({ jobId, class: decision.class, shadow: decision.shadow }, "shadow decided");
  }
  options.events.publish(moved);
  return { ...summonsOf(moved), modelId: route.modelId };
}

/** What the job may cost now that its model is chosen, where so much or more is reserved for it. */
async function mostLeftOf(
  { ledger, catalogue, prices }: ClassifyOptions,
  { jobId, tenant, generation, attempts, promptBytes, request, reservedPicoUsd }: JobRow,
  modelId: string,
): Promise<bigint | undefined> {
  const model = catalogue.models.get(modelId);
  if (reservedPicoUsd === undefined || model === undefined) return undefined;
  const view = attempts === 0 ? null : await ledger.jobs.view(jobId);
  const own = (view?.attempts ?? []).filter((row) => row.generation === generation);
  const ask = { tenant, promptBytes, maxOutputTokens: request.maxOutputTokens, atMs: ledger.now() };
  const installation = { catalogue, prices: pricesFor({ catalogue, prices }, tenant) };
  const picoUsd = mostSpentPicoUsd(own) + worstCaseOf(installation, model, ask);
  return picoUsd < reservedPicoUsd ? picoUsd : reservedPicoUsd;
}

function count(metrics: Metrics, { decision, opinion }: Decided, consulted: Consulted | undefined): void {
  const { degraded, gate } = decision;
  if (degraded !== undefined) metrics.consultations.inc({ outcome: `degraded_${degraded}` });
  else if (consulted !== undefined) metrics.consultations.inc({ outcome: "answered" });
  else if (opinion.wasRecalled) metrics.consultations.inc({ outcome: "cached" });
  else if (gate !== undefined && REFUSED.has(gate.reason))
    metrics.consultations.inc({ outcome: "gate_refused" });
}

/** The local judge was not sure enough, and all the same nobody was asked. */
const REFUSED: ReadonlySet<GateReason> = new Set(["cannot_pay", "cost_limit", "deadline"]);

/** The job has waited for its model in vain. */
function isLate(outcome: ConsultOutcome): boolean {
  return "failure" in outcome && (outcome.failure === "timeout" || outcome.failure === "throttled");
}

/** What came of the job's consultation: as its row says, or its attempt's where whoever made the call died in between. */
async function consultedOf(ledger: Ledger, { jobId, consult }: JobRow): Promise<Consulted | undefined> {
  if (consult === undefined) return undefined;
  const { modelId, n, gate, answer, failure } = consult;
  const row = n === undefined ? null : await ledger.attempts.read(jobId, n);
  const { startedAt = 0, endedAt = startedAt } = row ?? {};
  const costPicoUsd = row === null || row.state === "void" ? 0n : (row.costPicoUsd ?? null);
  const told = row === null ? undefined : consultOutcomeOf(consult, row);
  const outcome =
    answer !== undefined
      ? { answer }
      : failure !== undefined
        ? { failure }
        : (told ?? { failure: "timeout" as const });
  return { modelId, outcome, gate, costPicoUsd, ms: endedAt - startedAt };
}

async function requestOf(ledger: Ledger, job: JobRow): Promise<DecideRequest> {
  const atMs = ledger.now();
  return {
    atMs,
    ...{ tenant: job.tenant, payer: job.tenant },
    messages: await ledger.contents.readPrompt(job),
    modelRequested: job.request.model,
    promptBytes: job.promptBytes,
    maxOutputTokens: job.request.maxOutputTokens,
    maxCostUsd: await leftOf(ledger, job),
    bounds: job.request.bounds ?? UNBOUNDED,
    timeLeftMs: job.deadlineAt - atMs,
    lot: lotOf(job),
  };
}

function lotOf({ jobId, arm, generation, consult }: JobRow): Lot {
  if (arm !== undefined) return { arm };
  return generation === 1 && consult === undefined ? { jobId } : null;
}

/** A job that was judged, or replayed, has spent some of its limit. */
async function leftOf(ledger: Ledger, { jobId, attempts, request }: JobRow): Promise<string | null> {
  const { maxCostUsd } = request;
  if (maxCostUsd === null || attempts === 0) return maxCostUsd;
  const view = await ledger.jobs.view(jobId);
  const leftPicoUsd = parseUsd(maxCostUsd) - mostSpentPicoUsd(view?.attempts ?? []);
  return formatUsd(leftPicoUsd < 0n ? 0n : leftPicoUsd);
}
