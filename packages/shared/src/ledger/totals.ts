import { groupCommit } from "../pipeline/index.ts";
import { totalsKey } from "./keys.ts";
import type { AttemptRow } from "./rows.ts";
import type { Store } from "./store.ts";
import type { Item } from "./store-requests.ts";

/** Sums over a tenant's settled attempts of one UTC day, by model, class and kind. */
export interface TotalsLine {
  model: string;
  class: string;
  kind: string;
  calls: number;
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  costPicoUsd: bigint;
  /** Calls whose usage could not be priced; their cost is not in the sum. */
  unpricedCalls: number;
}

export interface Totals {
  /** Adds a settled attempt unless the totals contain it already; may be repeated at will. */
  add: (attempt: AttemptRow) => Promise<void>;
  read: (tenant: string, day: string) => Promise<TotalsLine[]>;
}

/** One update takes at most so many attempts: DynamoDB's bound is 300 operators in an expression. */
const MAX_TOGETHER = 50;

export function totalsOn(store: Store): Totals {
  async function addAll(attempts: AttemptRow[]): Promise<undefined[]> {
    const groups = Map.groupBy(attempts, (attempt) => placeOf(attempt));
    await Promise.all([...groups.values()].map(addGroup));
    return attempts.map(() => undefined);
  }

  async function addGroup(group: AttemptRow[]): Promise<void> {
    const once = [...new Map(group.map((attempt) => [attempt.totalsSlot, attempt])).values()];
    if (await addTogether(once)) return;
    // At least one is contained already; alone, each is added or found to be there.
    if (once.length > 1) for (const attempt of once) await addTogether([attempt]);
  }

  async function addTogether(group: AttemptRow[]): Promise<boolean> {
    const first = group[0] as AttemptRow;
    const slots = group.map((attempt) => attempt.totalsSlot as number);
    return store.update({
      key: totalsKey(first.tenant, first.totalsDay as string, dimsOf(first)),
      add: { ...sumOf(group), applied: new Set(slots) },
      condition: slots.map((_, index) => `NOT contains(#applied, :slot${index})`).join(" AND "),
      values: Object.fromEntries(slots.map((slot, index) => [`:slot${index}`, slot])),
    });
  }

  return {
    add: groupCommit<AttemptRow, void>(addAll, MAX_TOGETHER),
    async read(tenant, day) {
      const items = await store.queryPartition(totalsKey(tenant, day, "").pk);
      const lines = new Map<string, TotalsLine>();
      for (const item of items) {
        const [model = "", jobClass = "", kind = ""] = String(item["sk"]).split("#");
        const name = `${model}#${jobClass}#${kind}`;
        lines.set(name, merge(lines.get(name) ?? emptyLine(model, jobClass, kind), item));
      }
      return [...lines.values()];
    },
  };
}

function dimsOf(attempt: AttemptRow): string {
  return `${attempt.modelId}#${attempt.class}#${attempt.kind}#${attempt.totalsBucket}`;
}

function placeOf(attempt: AttemptRow): string {
  return `${attempt.tenant}#${attempt.totalsDay}#${dimsOf(attempt)}`;
}

function sumOf(group: AttemptRow[]): Item {
  const sum = { inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
  let costPicoUsd = 0n;
  for (const { usage, costPicoUsd: cost } of group) {
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += usage?.[name] ?? 0;
    costPicoUsd += cost ?? 0n;
  }
  const unpricedCalls = group.filter((attempt) => attempt.costPicoUsd === undefined).length;
  return { calls: group.length, ...sum, costPicoUsd, unpricedCalls };
}

function emptyLine(model: string, jobClass: string, kind: string): TotalsLine {
  return {
    model,
    class: jobClass,
    kind,
    calls: 0,
    inputTokens: 0,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
    costPicoUsd: 0n,
    unpricedCalls: 0,
  };
}

function merge(line: TotalsLine, item: Item): TotalsLine {
  const number = (name: string) => Number(item[name] ?? 0);
  return {
    ...line,
    calls: line.calls + number("calls"),
    inputTokens: line.inputTokens + number("inputTokens"),
    cachedInputTokens: line.cachedInputTokens + number("cachedInputTokens"),
    cacheWriteTokens: line.cacheWriteTokens + number("cacheWriteTokens"),
    outputTokens: line.outputTokens + number("outputTokens"),
    costPicoUsd: line.costPicoUsd + BigInt((item["costPicoUsd"] ?? 0) as number | bigint),
    unpricedCalls: line.unpricedCalls + number("unpricedCalls"),
  };
}
