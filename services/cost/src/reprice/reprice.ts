import { isTerminal } from "@switchyard/shared/contracts";
import {
  type AdjustmentRow,
  type AttemptRow,
  adjustmentOf,
  baselinePicoUsdOf,
  costPicoUsdOf,
  type JobRow,
  type JobView,
  type Ledger,
} from "@switchyard/shared/ledger";
import { formatUsd, type PriceBook, priceUsage } from "@switchyard/shared/pricing";
import { utcDayOf } from "../day.ts";
import { moneyOf } from "../settle.ts";
import { unlessBroken } from "../unless-broken.ts";

export interface RepriceOptions {
  ledger: Ledger;
  prices: PriceBook;
  /** Calls that have a cost are looked at, too: the book may have been wrong. */
  isForMeasured: boolean;
  /** Else it is only told what would be. */
  isWritten: boolean;
  tenant?: string | undefined;
  /** UTC days on which calls began, both inclusive. */
  from?: string | undefined;
  to?: string | undefined;
  tell: (line: string) => void;
}

export interface Repriced {
  /** Calls that were looked at. */
  calls: number;
  adjusted: number;
  /** Adjustments of an earlier run that was cut short. */
  finished: number;
  /** Calls of which the book still knows no price at their time, or none for all of their tokens. */
  unpriced: number;
  /** Calls of jobs that have not ended: a later run will take them. */
  waiting: number;
  /** Rows that cannot be read. */
  broken: number;
  /** What adjustments add to what calls cost, by the id of their price. */
  changes: Map<string, bigint>;
}

/** Jobs that are adjusted at once. */
const TOGETHER = 25;

/**
 * Prices calls by the present book that had no price, or another, at the price of the time at which they began. Every call
 * keeps its row: what changes is a row beside it, then in the totals, then on its job. Whatever is cut short in between, a
 * second run completes; one after that changes nothing. Reads the whole table once.
 */
export async function reprice(options: RepriceOptions): Promise<Repriced> {
  const done: Repriced = {
    calls: 0,
    adjusted: 0,
    finished: 0,
    unpriced: 0,
    waiting: 0,
    broken: 0,
    changes: new Map(),
  };
  for await (const { attempts, adjustments, broken } of options.ledger.audit.attempts()) {
    const onBroken = (text: string) => {
      done.broken += 1;
      options.tell(text);
    };
    for (const text of broken) onBroken(text);
    await each(adjustments, (row) => unlessBroken(() => finish(options, row, done), onBroken));
    const wanted = attempts.filter((attempt) => isWanted(options, attempt));
    done.calls += wanted.length;
    // Those of one job one after the other: each moves its row.
    const jobs = [...Map.groupBy(wanted, ({ jobId }) => jobId).values()];
    await each(jobs, (own) => unlessBroken(() => repriceJob(options, own, done), onBroken));
  }
  return done;
}

async function repriceJob(
  options: RepriceOptions,
  own: readonly AttemptRow[],
  done: Repriced,
): Promise<void> {
  for (const { jobId, n } of own) await repriceCall(options, { jobId, n }, done);
}

async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += TOGETHER)
    await Promise.all(items.slice(at, at + TOGETHER).map(work));
}

/** A call whose usage was only estimated is in no sum, at whatever price. */
function isWanted(options: RepriceOptions, attempt: AttemptRow): boolean {
  if (attempt.state !== "settled" || attempt.usage === undefined) return false;
  if (attempt.costPicoUsd !== undefined && !options.isForMeasured) return false;
  return isWithin(options, attempt);
}

function isWithin({ tenant, from, to }: RepriceOptions, attempt: AttemptRow): boolean {
  const day = utcDayOf(attempt.startedAt);
  return (tenant ?? attempt.tenant) === attempt.tenant && (from ?? day) <= day && day <= (to ?? day);
}

function addChange({ changes }: Repriced, { price, change }: AdjustmentRow): void {
  changes.set(price.id, (changes.get(price.id) ?? 0n) + BigInt(change["costPicoUsd"] ?? 0n));
}

async function repriceCall(
  options: RepriceOptions,
  { jobId, n }: Pick<AttemptRow, "jobId" | "n">,
  done: Repriced,
): Promise<void> {
  const { ledger, prices } = options;
  const view = await ledger.jobs.view(jobId);
  const attempt = view?.attempts.find((row) => row.n === n);
  if (view === null || attempt === undefined) return;
  // One that has its price since an earlier run is a measured one.
  if (costPicoUsdOf(attempt) !== undefined && !options.isForMeasured) return;
  if (!isTerminal(view.job.status) || view.job.counted?.includes(n) !== true) {
    done.waiting += 1;
    return;
  }
  const { id, serviceTier } = attempt.price;
  const price = prices.find({ priceId: id, serviceTier }, attempt.startedAt);
  const baselinePicoUsd = baselineFor(prices, view.job, attempt);
  const row = price === null ? null : adjustmentOf(attempt, price, { atMs: ledger.now(), baselinePicoUsd });
  if (row === null) {
    if (costPicoUsdOf(attempt) === undefined) done.unpriced += 1;
    return;
  }
  done.adjusted += 1;
  addChange(done, row);
  options.tell(lineOf(attempt, row));
  if (options.isWritten) await apply(ledger, await ledger.adjustments.put(row));
}

/** What the strongest model would have cost for the answer, where its price was as unknown when the job was decided. */
function baselineFor(
  prices: PriceBook,
  { decision, generation }: JobRow,
  attempt: AttemptRow,
): bigint | undefined {
  const { usage, resultChunks, startedAt } = attempt;
  // A replay was decided anew: what its decision names was no baseline of the calls before it.
  if (attempt.generation !== generation) return undefined;
  const unknown = decision?.baseline?.price;
  const isAnswer = attempt.kind === "invoke" && resultChunks !== undefined && attempt.isSuperseded !== true;
  if (!isAnswer || usage === undefined || unknown === undefined) return undefined;
  if (baselinePicoUsdOf(attempt) !== undefined) return undefined;
  const price = prices.find({ priceId: unknown.id, serviceTier: unknown.serviceTier }, startedAt);
  const priced = price === null ? null : priceUsage(price, usage);
  return priced !== null && "costPicoUsd" in priced ? priced.costPicoUsd : undefined;
}

function lineOf(attempt: AttemptRow, { price, costPicoUsd }: AdjustmentRow): string {
  const before = costPicoUsdOf(attempt);
  const was =
    before === undefined ? `unpriced, at most ${formatUsd(attempt.maxCostPicoUsd)}` : formatUsd(before);
  return `${attempt.jobId} call ${attempt.n}: ${formatUsd(costPicoUsd)} USD at ${price.id}, was ${was}`;
}

/** One that is there, and that its job does not name, is of a run that was cut short: it may be in the totals or not. */
async function finish(options: RepriceOptions, row: AdjustmentRow, done: Repriced): Promise<void> {
  const job = await options.ledger.jobs.read(row.jobId);
  if (job === null || timesAdjusted(job, row) >= row.k) return;
  const attempt = await options.ledger.attempts.read(row.jobId, row.n);
  if (attempt === null || !isWithin(options, attempt)) return;
  addChange(done, row);
  done.finished += 1;
  if (options.isWritten) await apply(options.ledger, row);
}

function timesAdjusted({ adjusted = {} }: JobRow, { n }: Pick<AdjustmentRow, "n">): number {
  return adjusted[String(n)] ?? 0;
}

/** The totals first: once its job names an adjustment, nobody adds it again. */
async function apply(ledger: Ledger, row: AdjustmentRow): Promise<void> {
  await ledger.totals.adjust(row);
  for (;;) {
    const view = await ledger.jobs.view(row.jobId);
    if (view === null || timesAdjusted(view.job, row) >= row.k) return;
    const { job, attempts } = withRow(view, row);
    const { costPicoUsd, baselinePicoUsd, unpricedCalls = 0 } = moneyOf(attempts);
    const moved = await ledger.jobs.adjust(job, {
      adjusted: { ...job.adjusted, [String(row.n)]: row.k },
      ...{ costPicoUsd, unpricedCalls },
      // A job that was replayed meanwhile sets it when it ends.
      baselinePicoUsd: isTerminal(job.status) ? baselinePicoUsd : undefined,
    });
    if (moved !== null) return;
  }
}

function withRow({ job, attempts }: JobView, row: AdjustmentRow): JobView {
  const adjusted = attempts.map((attempt) =>
    attempt.n === row.n ? { ...attempt, adjustments: [...(attempt.adjustments ?? []), row] } : attempt,
  );
  return { job, attempts: adjusted };
}
