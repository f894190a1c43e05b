import { isTerminal } from "@switchyard/shared/contracts";
import {
  type AdjustmentRow,
  type AttemptRow,
  additionsOf,
  type ItemKey,
  type JobRow,
  type Ledger,
  type Measures,
  measuresIn,
  sumOf,
  totalsDayOf,
} from "@switchyard/shared/ledger";
import { openSpill, type Spill } from "../spill/spill.ts";
import { unlessBroken } from "../unless-broken.ts";
import { type Compared, differencesOf, emptyItem, nameOf, type PlacedCall } from "./compare.ts";
import { wrongInAdjustment, wrongInCall } from "./wrong-rows.ts";

export interface VerifyOptions {
  ledger: Pick<Ledger, "audit" | "jobs" | "attempts" | "adjustments">;
  tenant?: string | undefined;
  /** UTC days of the totals, both inclusive. */
  from?: string | undefined;
  to?: string | undefined;
  onProblem: (text: string) => void;
}

export interface Verified {
  /** Rows of calls that were looked at. */
  calls: number;
  /** Items of the totals that are there or ought to be. */
  items: number;
  problems: number;
  /** Places that the totals do not hold yet: somebody will see to their job, or an adjustment was cut short. */
  pending: number;
}

/**
 * Recomputes every item of the totals from the rows of calls, and tells what differs. The totals are read before the rows, so
 * that nothing which ends meanwhile is a difference: what an item holds, a row that is read later says. Memory holds one part of
 * the totals at a time, some 256th, however many of them are of one day; what is read lies on disk by item.
 */
export async function verifyTotals(options: VerifyOptions): Promise<Verified> {
  const { audit } = options.ledger;
  const verified: Verified = { calls: 0, items: 0, problems: 0, pending: 0 };
  const tell = (text: string) => {
    verified.problems += 1;
    options.onProblem(text);
  };
  const spill = await openSpill();
  try {
    for await (const items of audit.totals()) await keep(options, spill, items.map(lineOfItem));
    for await (const { attempts, adjustments, broken } of audit.attempts()) {
      const own = attempts.filter((row) => (options.tenant ?? row.tenant) === row.tenant);
      for (const text of [...broken, ...own.flatMap(wrongInCall)]) tell(text);
      verified.calls += own.length;
      const adjusted = await Promise.all(
        adjustments.map((row) =>
          unlessBroken(() => wrongInAdjustment(options.ledger, row, options.tenant), tell),
        ),
      );
      for (const text of adjusted.flat()) if (text !== null) tell(text);
      await keep(options, spill, [...own.flatMap(linesOfCall), ...adjustments.map(lineOfAdjustment)]);
    }
    for await (const item of itemsIn(spill)) {
      verified.items += 1;
      for (const text of differencesOf(item)) tell(text);
      for (const call of item.missing) {
        const isMissing = await unlessBroken(() => whereIs(options.ledger, item.key, call), tell);
        if (isMissing === "lost") tell(`${nameOf(item.key)}: lacks ${nameOfCall(call)}`);
        if (isMissing === "pending") verified.pending += 1;
      }
    }
  } finally {
    await spill.remove();
  }
  return verified;
}

async function whereIs(
  { audit, jobs }: VerifyOptions["ledger"],
  key: ItemKey,
  { jobId, n, k, state, slot }: PlacedCall,
): Promise<"there" | "pending" | "lost"> {
  const job = await jobs.read(jobId);
  const counted = state === "settled" ? job?.counted : job?.countedAtRisk;
  const isCounted = k === undefined ? counted?.includes(n) === true : (job?.adjusted?.[String(n)] ?? 0) >= k;
  // An adjustment that was cut short is completed by the next run, whatever becomes of its job.
  const isLeft = k === undefined && isLeftAlone(job);
  // Asked after the job, which says that a call is counted only once the totals hold it.
  if ((await audit.total(key))?.slots.includes(slot) === true) return "there";
  return isCounted || isLeft ? "lost" : "pending";
}

/** It is over, and has no time at which the sweeper would look for calls that nobody counted. */
function isLeftAlone(job: JobRow | null): boolean {
  return job === null || (isTerminal(job.status) && job.attentionAt === undefined);
}

/** On disk: an item, or what one call adds to it. Amounts that are 0 are left out. */
interface Line {
  key: ItemKey;
  amounts: Record<string, string>;
  slots?: readonly number[];
  call?: PlacedCall;
}

function lineOfItem({ key, slots, measures }: { key: ItemKey; slots: number[]; measures: Measures }): Line {
  return { key, slots, amounts: amountsOf(measures) };
}

function linesOfCall(attempt: AttemptRow): Line[] {
  const { jobId, n, state } = attempt;
  return additionsOf(attempt).map(({ key, slot, measures }) => ({
    ...{ key, amounts: amountsOf(measures), call: { jobId, n, state, slot } },
  }));
}

function lineOfAdjustment({ jobId, n, k, change, totals: { pk, sk, slot } }: AdjustmentRow): Line {
  const amounts = Object.fromEntries(Object.entries(change).map(([name, by]) => [name, String(by)]));
  return { key: { pk, sk }, amounts, call: { jobId, n, k, state: "settled", slot } };
}

function nameOfCall({ jobId, n, k }: PlacedCall): string {
  return `${jobId} call ${n}${k === undefined ? "" : `, adjustment ${k}`}`;
}

function amountsOf(measures: Measures): Record<string, string> {
  const amounts = Object.entries(measures).filter(([, amount]) => BigInt(amount) !== 0n);
  return Object.fromEntries(amounts.map(([name, amount]) => [name, String(amount)]));
}

async function keep(
  { tenant, from, to }: VerifyOptions,
  spill: Spill,
  lines: readonly Line[],
): Promise<void> {
  const wanted = lines.filter(({ key }) => {
    const of = totalsDayOf(key.pk);
    if (of === null || (tenant ?? of.tenant) !== of.tenant) return false;
    return (from ?? of.day) <= of.day && of.day <= (to ?? of.day);
  });
  await spill.write(wanted.map((line) => ({ name: nameOf(line.key), text: JSON.stringify(line) })));
}

/** Every item with the sum of its rows. In each part the items come before the calls, as they were kept. */
async function* itemsIn(spill: Spill): AsyncGenerator<Compared> {
  for await (const part of spill.parts()) {
    const items = new Map<string, Compared>();
    for await (const text of part) {
      const { key, amounts, slots, call } = JSON.parse(text) as Line;
      const item = items.get(nameOf(key)) ?? emptyItem(key);
      items.set(nameOf(key), item);
      const measures = measuresIn(amounts);
      if (call === undefined) {
        item.held = measures;
        item.strange = new Set(slots);
      } else if (item.strange.delete(call.slot)) item.summed = sumOf([item.summed, measures]);
      else item.missing.push(call);
    }
    yield* items.values();
  }
}
