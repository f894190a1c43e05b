import { groupCommit } from "../pipeline/index.ts";
import type { AdjustmentRow } from "./adjustment-row.ts";
import { tenantOfDayKey, totalsDayOf, totalsPartitions } from "./keys.ts";
import type { AttemptRow } from "./rows.ts";
import type { Store } from "./store.ts";
import { inTimeOf } from "./store-in-time.ts";
import type { Item, StoredItem } from "./store-requests.ts";
import { type Tags, tagsIn } from "./tags.ts";
import {
  type Addition,
  AMOUNTS,
  additionOf,
  additionsOf,
  COUNTS,
  type Measures,
  measuresIn,
  sumOf,
} from "./totals-additions.ts";
import { TOTALS_ABOUT } from "./totals-places.ts";

/** What the attempts of one line have in common, besides all else: their UTC hour, or only their day. */
export type Grain = "hour" | "day";

/** Sums over a tenant's attempts that are alike in everything. */
export interface TotalsLine extends Measures {
  /** Such as `2026-01-31T23`; of a line for a day its first. */
  hour: string;
  model: string;
  provider: string;
  class: string;
  kind: string;
  /** Id of the API key; empty for jobs of earlier releases. */
  key: string;
  tags: Tags;
}

export interface Totals {
  /** Adds what there is of an attempt to add, unless the totals contain it already; may be repeated at will. */
  add: (attempt: AttemptRow, signal?: AbortSignal) => Promise<void>;
  /** Adds an adjustment, which is done once as well. Its attempt is in them already. */
  adjust: (adjustment: AdjustmentRow, signal?: AbortSignal) => Promise<void>;
  /** Who has totals of a UTC day. */
  tenants: (day: string) => Promise<string[]>;
  /** All of a UTC day, such as `2026-01-31`, by hour unless told otherwise. */
  read: (tenant: string, day: string, by?: Grain) => Promise<TotalsLine[]>;
  /**
   * The same as far as there is room, which the lines are taken from while they are read. Null: there is not, and no
   * more was read. Callers choose their tags, so that nothing else bounds how many lines a day has.
   */
  readWithin: (
    room: LineRoom,
    search: { tenant: string; day: string; by: Grain },
  ) => Promise<TotalsLine[] | null>;
  /** The same by hour in pages as they are stored, of which none is kept: what belongs to one line may come in parts. */
  pages: (tenant: string, day: string) => AsyncGenerator<TotalsLine[]>;
}

/** How many more lines may be read by all who share it. */
export interface LineRoom {
  lines: number;
}

/** One update takes at most so many attempts: DynamoDB's bound is 300 operators in an expression. */
const MAX_TOGETHER = 50;

export function totalsOn(store: Store): Totals {
  async function addAll(additions: Addition[]): Promise<undefined[]> {
    const groups = Map.groupBy(additions, ({ key }) => `${key.pk}\n${key.sk}`);
    await Promise.all([...groups.values()].map(addGroup));
    return additions.map(() => undefined);
  }

  async function addGroup(group: Addition[]): Promise<void> {
    const once = [...new Map(group.map((addition) => [addition.slot, addition])).values()];
    if (await addTogether(once)) return;
    // At least one is contained already; alone, each is added or found to be there.
    if (once.length > 1) for (const addition of once) await addTogether([addition]);
  }

  async function addTogether(group: Addition[]): Promise<boolean> {
    const { pk, sk, ...add } = itemOf(group);
    const slots = group.map(({ slot }) => slot);
    return store.update({
      key: { pk, sk },
      add,
      condition: slots.map((_, index) => `NOT contains(#applied, :slot${index})`).join(" AND "),
      values: Object.fromEntries(slots.map((slot, index) => [`:slot${index}`, slot])),
    });
  }

  /** Tenants of the last day that are known to be listed, so that each is written once by a process and day. */
  const listed = new Set<string>();
  let listedDay = "";

  async function list(tenant: string, day: string): Promise<void> {
    if (day > listedDay) listed.clear();
    if (day > listedDay) listedDay = day;
    if (day === listedDay && listed.has(tenant)) return;
    await store.put({ ...tenantOfDayKey(day, tenant) });
    if (day === listedDay) listed.add(tenant);
  }

  const readWithin = readerOn(store);
  const commit = groupCommit<Addition, void>(addAll, MAX_TOGETHER);
  return {
    async add(attempt, signal) {
      const additions = additionsOf(attempt);
      const days = new Set(additions.map(({ key }) => totalsDayOf(key.pk)?.day ?? ""));
      // First the list: a tenant in it without totals adds nothing, but no totals may be missed.
      await Promise.all([...days].map((day) => list(attempt.tenant, day)));
      await Promise.all(additions.map((addition) => commit(addition, signal)));
    },
    adjust: (adjustment, signal) => commit(additionOf(adjustment), signal),
    async tenants(day) {
      const items = await store.queryPartition(tenantOfDayKey(day, "").pk);
      return items.map(({ sk }) => String(sk));
    },
    async read(tenant, day, by = "hour") {
      return (await readWithin({ lines: Number.POSITIVE_INFINITY }, { tenant, day, by })) ?? [];
    },
    readWithin,
    pages: (tenant, day) => pagesOn(store, totalsPartitions(tenant, day)),
  };
}

// Without the slots, which are most of an item.
const READ = ["sk", ...COUNTS, ...AMOUNTS];

async function* pagesOn(store: Store, partitions: readonly string[]): AsyncGenerator<TotalsLine[]> {
  for (const pk of partitions)
    for await (const page of store.partitionPages(pk, READ))
      yield page.map((item) => ({ ...aboutIn(nameIn(String(item["sk"]), "hour")), ...measuresIn(item) }));
}

function readerOn(store: Store): Totals["readWithin"] {
  return async (room, { tenant, day, by }) => {
    const lines = new Map<string, Measures>();
    const addPart = async (pk: string) => {
      for await (const page of store.partitionPages(pk, READ)) {
        const before = lines.size;
        for (const item of page) {
          const name = nameIn(String(item["sk"]), by);
          const known = lines.get(name);
          lines.set(name, known === undefined ? measuresIn(item) : sumOf([known, measuresIn(item)]));
        }
        room.lines -= lines.size - before;
        if (room.lines < 0) return;
      }
    };
    await Promise.all(totalsPartitions(tenant, day).map(addPart));
    if (room.lines < 0) return null;
    return [...lines].map(([name, measures]) => ({ ...aboutIn(name), ...measures }));
  };
}

/** The same totals for somebody whose time ends with the signal: additions still go together with those of others. */
export function totalsInTime(totals: Totals, signal: AbortSignal): Totals {
  const inTime = inTimeOf(signal);
  return {
    add: (attempt) => inTime(() => totals.add(attempt, signal)),
    adjust: (adjustment) => inTime(() => totals.adjust(adjustment, signal)),
    tenants: (day) => inTime(() => totals.tenants(day)),
    read: (tenant, day, by) => inTime(() => totals.read(tenant, day, by)),
    readWithin: (room, search) => inTime(() => totals.readWithin(room, search)),
    pages: totals.pages,
  };
}

/** The item that holds these additions, which are all to it, and no others. */
export function itemOf(additions: readonly Addition[]): StoredItem {
  const { key } = additions[0] as Addition;
  const sum = sumOf(additions.map(({ measures }) => measures));
  return { ...key, ...withoutZeros(sum), applied: new Set(additions.map(({ slot }) => slot)) };
}

/** Every attribute of an item is paid for with each update of it. */
function withoutZeros(sum: Measures): Item {
  return Object.fromEntries(Object.entries(sum).filter(([, amount]) => amount !== 0 && amount !== 0n));
}

/** What an item's key says without its bucket. */
function nameIn(sk: string, by: Grain): string {
  const parts = sk.split("#").slice(0, -1);
  const hour = parts.pop() ?? "";
  return [...parts, by === "hour" ? hour : `${hour.slice(0, 10)}T00`].join("#");
}

function aboutIn(name: string): Omit<TotalsLine, keyof Measures> {
  const parts = name.split("#");
  const hour = parts.pop() ?? "";
  const about = Object.fromEntries(TOTALS_ABOUT.map((field, index) => [field, parts[index] ?? ""]));
  // Items of jobs without tags end before, as those of earlier releases do.
  const tags = tagsIn(parts[TOTALS_ABOUT.length] ?? "");
  return { ...(about as Record<(typeof TOTALS_ABOUT)[number], string>), hour, tags };
}
