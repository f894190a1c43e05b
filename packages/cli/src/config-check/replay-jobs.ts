import { routeJob } from "@switchyard/classifier";
import type { Catalogue } from "@switchyard/shared/catalogue";
import type { JobClass, Usage } from "@switchyard/shared/contracts";
import { errorRow, SwitchyardError } from "@switchyard/shared/errors";
import {
  type AttemptRow,
  costPicoUsdOf,
  type JobRow,
  type Ledger,
  type StoredDecision,
} from "@switchyard/shared/ledger";
import { type PriceBook, priceUsage } from "@switchyard/shared/pricing";
import { pricesFor } from "@switchyard/shared/service";

export interface ReplayOptions {
  ledger: Pick<Ledger, "jobs" | "attempts" | "totals">;
  catalogue: Catalogue;
  prices: PriceBook;
  /** Jobs that were submitted from then on. */
  sinceMs: number;
  /** Prices are those of this time. */
  nowMs: number;
  tenant?: string | undefined;
  /** Hears from time to time how many jobs were read. */
  onRead: (count: number) => void;
}

/** Answers of one class that one model gave, and that one model would give. */
export interface ReplayGroup {
  class: JobClass;
  modelThen: string;
  /** Null: no model would take them. */
  model: string | null;
  /** Why there is no cost: the error that the API would answer with, or what has no rate. Null where there is one. */
  problem: string | null;
  jobs: number;
  thenPicoUsd: bigint;
  /** 0 where there is a problem. */
  nowPicoUsd: bigint;
  /** Null where it is not known of each of them. */
  baselinePicoUsd: bigint | null;
}

export interface Replayed {
  /** In no order; as many as there are pairs of models, for each class. */
  groups: ReplayGroup[];
  /** Jobs that are in no group: not answered, by a call whose cost is not known, or held out. */
  unanswered: number;
  unmeasured: number;
  /** A random draw sent them to the baseline, whatever the file said. */
  heldOut: number;
  /** What judging, and calls that brought no answer, cost the jobs in the groups. */
  besidePicoUsd: bigint;
}

/** Rows that are read, and held, at once. */
const PAGE = 100;
const TOLD_EVERY = 1_000;
const DAY_MS = 86_400_000;

/**
 * Routes the answered jobs of some time again, by the code that routes jobs: same class, same wishes and limits of the caller,
 * prices of now. What each answer would have cost is its own tokens at the price of the model that it comes to. Only reads.
 */
export async function replayJobs(options: ReplayOptions): Promise<Replayed> {
  const sums: Sums = { groups: new Map(), unanswered: 0, unmeasured: 0, heldOut: 0, besidePicoUsd: 0n };
  let read = 0;
  for (const tenant of await tenantsOf(options)) {
    for await (const jobs of pagesOf(options, tenant)) {
      const answers = await Promise.all(jobs.map((job) => answerOf(options, job)));
      jobs.forEach((job, index) => {
        add(options, sums, { job, answer: answers[index] ?? null });
      });
      if (Math.floor((read + jobs.length) / TOLD_EVERY) > Math.floor(read / TOLD_EVERY))
        options.onRead(read + jobs.length);
      read += jobs.length;
    }
  }
  return { ...sums, groups: [...sums.groups.values()] };
}

/** Whoever had a call since then: nobody else has an answer. */
async function tenantsOf({ ledger, tenant, sinceMs, nowMs }: ReplayOptions): Promise<string[]> {
  if (tenant !== undefined) return [tenant];
  const found = new Set<string>();
  const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, "2026-01-31".length);
  for (let ms = sinceMs; dayOf(ms) <= dayOf(nowMs); ms += DAY_MS)
    for (const name of await ledger.totals.tenants(dayOf(ms))) found.add(name);
  return [...found].sort();
}

async function* pagesOf({ ledger, sinceMs, nowMs }: ReplayOptions, tenant: string): AsyncGenerator<JobRow[]> {
  let after: JobRow | undefined;
  do {
    const page = await ledger.jobs.list({
      ...{ tenant, limit: PAGE, isAscending: true, after },
      ...{ from: sinceMs, to: nowMs },
    });
    yield page;
    // A page may lack rows that are gone, so only an empty one is the last.
    after = page.at(-1);
  } while (after !== undefined);
}

interface Answer {
  attempt: AttemptRow;
  /** What its job's other calls cost, as far as that is known. */
  besidePicoUsd: bigint;
}

async function answerOf({ ledger }: ReplayOptions, job: JobRow): Promise<Answer | null> {
  const { jobId, status, resultAttempt, adjusted, costPicoUsd = 0n } = job;
  if (status !== "succeeded" || resultAttempt === undefined) return null;
  if (adjusted === undefined) {
    const attempt = await ledger.attempts.read(jobId, resultAttempt);
    return attempt === null ? null : { attempt, besidePicoUsd: costPicoUsd - (attempt.costPicoUsd ?? 0n) };
  }
  // A later price is in rows beside those of the calls.
  const { attempts = [] } = (await ledger.jobs.view(jobId)) ?? {};
  const attempt = attempts.find(({ n }) => n === resultAttempt);
  const others = attempts.filter((one) => one !== attempt);
  const besidePicoUsd = others.reduce((sum, one) => sum + (costPicoUsdOf(one) ?? 0n), 0n);
  return attempt === undefined ? null : { attempt, besidePicoUsd };
}

type Sums = Omit<Replayed, "groups"> & { groups: Map<string, ReplayGroup> };

function add(
  options: ReplayOptions,
  sums: Sums,
  { job, answer }: { job: JobRow; answer: Answer | null },
): void {
  const { decision } = job;
  if (answer === null || decision === undefined) {
    sums.unanswered += 1;
    return;
  }
  if (decision.holdout === true) {
    sums.heldOut += 1;
    return;
  }
  const { attempt, besidePicoUsd } = answer;
  const { usage, modelId: modelThen } = attempt;
  const costPicoUsd = costPicoUsdOf(attempt);
  if (costPicoUsd === undefined || usage === undefined) {
    sums.unmeasured += 1;
    return;
  }
  const again = placeAgain(options, job, { decision, usage });
  const group = groupOf(sums, { class: decision.class, modelThen, ...again });
  group.jobs += 1;
  group.thenPicoUsd += costPicoUsd;
  group.nowPicoUsd += again.costPicoUsd;
  group.baselinePicoUsd =
    group.baselinePicoUsd === null || again.baselinePicoUsd === null
      ? null
      : group.baselinePicoUsd + again.baselinePicoUsd;
  sums.besidePicoUsd += besidePicoUsd;
}

function groupOf(
  { groups }: Sums,
  about: Pick<ReplayGroup, "class" | "modelThen" | "model" | "problem">,
): ReplayGroup {
  const { class: jobClass, modelThen, model, problem } = about;
  const name = JSON.stringify([jobClass, modelThen, model, problem]);
  const group = groups.get(name) ?? {
    ...{ class: jobClass, modelThen, model, problem, jobs: 0 },
    ...{ thenPicoUsd: 0n, nowPicoUsd: 0n, baselinePicoUsd: 0n },
  };
  groups.set(name, group);
  return group;
}

interface Again extends Pick<ReplayGroup, "model" | "problem" | "baselinePicoUsd"> {
  costPicoUsd: bigint;
}

/** The class is the one that the job was routed as, so its bounds hold already. */
function placeAgain(
  options: ReplayOptions,
  { tenant, request, promptBytes }: JobRow,
  { decision, usage }: { decision: StoredDecision; usage: Usage },
): Again {
  const { catalogue, nowMs } = options;
  const prices = pricesFor(options, tenant);
  const { model: modelRequested, maxOutputTokens, maxCostUsd } = request;
  const asked = {
    class: decision.class,
    modelRequested,
    promptBytes,
    maxOutputTokens,
    maxCostUsd,
    atMs: nowMs,
  };
  const none = { costPicoUsd: 0n, baselinePicoUsd: null };
  try {
    const { modelId, isPriced, baseline } = routeJob(catalogue, prices, asked);
    const model = catalogue.models.get(modelId);
    const price = model === undefined ? null : prices.find(model, nowMs);
    // What the file lets a tenant call at a cap would have no cost, only a bound.
    if (price === null || !isPriced)
      return { ...none, model: modelId, problem: errorRow("PRICE_UNKNOWN").api };
    const priced = priceUsage(price, usage);
    if ("unpriced" in priced)
      return { ...none, model: modelId, problem: `no rate for ${priced.unpriced.join(", ")}` };
    const most = priceUsage(baseline.price, usage);
    const baselinePicoUsd = "unpriced" in most || baseline.price.isCap === true ? null : most.costPicoUsd;
    return { model: modelId, problem: null, costPicoUsd: priced.costPicoUsd, baselinePicoUsd };
  } catch (error) {
    if (!(error instanceof SwitchyardError)) throw error;
    return { ...none, model: null, problem: errorRow(error.code).api };
  }
}
