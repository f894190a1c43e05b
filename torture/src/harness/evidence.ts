import type { BillLine } from "@switchyard/simulator";
import type { WatchedBudget } from "./budget-watch.ts";
import type { Item } from "./dynamodb-scan.ts";
import type { Problem } from "./invariants.ts";
import type { ToldJob } from "./told-job.ts";

/** Everything that must agree once all jobs have ended, each part from its own source. */
export interface Evidence {
  /** The caller's own list. */
  told: readonly ToldJob[];
  /** Rows and totals as they lie in DynamoDB. */
  jobs: readonly StoredJob[];
  attempts: readonly StoredAttempt[];
  adjustments: readonly StoredAdjustment[];
  totals: readonly StoredTotals[];
  /** The provider's bill, and the jobs that ever had more than one call with it at a time. */
  bill: readonly BillLine[];
  jobsWithCallsAtOnce: readonly string[];
  /** What was seen of the accounts of budgets in Redis, all the time and at the end. */
  budgets: readonly WatchedBudget[];
  /** Bytes of writes that Redis had acknowledged and its successors had never heard of. */
  forgottenBytes: number;
  /** How often another server process took the place of Redis. */
  successions: number;
  /** Redis keys that hold queue jobs in any state. */
  queueKeys: readonly string[];
  /** Ends of processes that nobody caused, by name. */
  strayDeaths: readonly string[];
  /** Places in which a prompt or a secret stands that must not be there. */
  leaks: readonly string[];
  /** What the caller saw that it must not see. */
  callerProblems: readonly Problem[];
}

export interface StoredJob {
  jobId: string;
  status: string;
  /** Why it failed; null unless it did. */
  failureCode: string | null;
  resultAttempt: number | null;
  costPicoUsd: bigint | null;
  /** Calls that were claimed, whether or not each has come to have a row. */
  claims: number;
  deadlineAtMs: number;
  /** When the row was last changed: once it is terminal, when the job ended. */
  movedAtMs: number;
}

/** Components that do not overlap, as the ledger keeps them. */
export interface StoredTokens {
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
}

export interface StoredAttempt {
  jobId: string;
  n: number;
  /** Which run of the job made it: a replay begins the next. */
  generation: number;
  /** `invoke`: a call for the job's answer; `classify`: one that judged it. */
  kind: string;
  state: string;
  modelId: string;
  class: string;
  tenant: string;
  /** Where the totals hold it: hour, bucket and slot, between slashes. */
  place: string | null;
  /** Where they hold, or held, its bound. */
  riskPlace: string | null;
  /** It was settled when its job had gone on without it. */
  isSuperseded: boolean;
  /** The answer's text is stored with it. */
  hasAnswer: boolean;
  startedAtMs: number;
  endedAtMs: number;
  /** It ended after its lease had. */
  isLate: boolean;
  /** Both null unless the attempt is settled. */
  tokens: StoredTokens | null;
  costPicoUsd: bigint | null;
  /** What it costs by its last adjustment. */
  adjustedPicoUsd: bigint | null;
  maxCostPicoUsd: bigint;
  baselinePicoUsd: bigint | null;
}

/** What a later price changes about an attempt. */
export interface StoredAdjustment extends Omit<StoredTotals, "sums" | "slots"> {
  jobId: string;
  n: number;
  k: number;
  costPicoUsd: bigint;
  /** What it adds to the item of the totals that `key` names, and its place there. */
  change: Partial<StoredSums>;
  slot: number;
}

/** What an item of the totals sums up. */
const SUMS = [
  "calls",
  "answers",
  "unpricedCalls",
  "inputTokens",
  "cachedInputTokens",
  "cacheWriteTokens",
  "outputTokens",
  "costPicoUsd",
  "baselinePicoUsd",
  "retryPicoUsd",
  "atRiskPicoUsd",
] as const;
export type StoredSums = Record<(typeof SUMS)[number], bigint>;

/** One item of the totals. */
export interface StoredTotals {
  key: string;
  tenant: string;
  day: string;
  model: string;
  class: string;
  /** What its key says of the tag `team`; empty where it says nothing. */
  team: string;
  sums: Partial<StoredSums>;
  /** Places of attempts that the item says it contains. */
  slots: readonly number[];
}

/** Sorts the items of the table by what they are. */
export function readItems(
  items: readonly Item[],
): Pick<Evidence, "jobs" | "attempts" | "adjustments" | "totals"> {
  const withKey = (pk: string, sk: RegExp) =>
    items.filter((item) => textOf(item, "pk").startsWith(pk) && sk.test(textOf(item, "sk")));
  const adjustments = withKey("J#", /^adj#/).map(readAdjustment);
  const attempts = withKey("J#", /^att#/).map(readAttempt);
  return {
    jobs: withKey("J#", /^job$/).map(readJob),
    attempts: attempts.map((row) => ({ ...row, adjustedPicoUsd: lastOf(row, adjustments) })),
    adjustments,
    totals: withKey("T#", /./).map(readTotals),
  };
}

function readJob(item: Item): StoredJob {
  const failure = item["failure"]?.S;
  return {
    jobId: textOf(item, "pk").slice("J#".length),
    status: textOf(item, "status"),
    failureCode: failure === undefined ? null : (JSON.parse(failure) as { code: string }).code,
    resultAttempt: item["resultAttempt"] === undefined ? null : numberOf(item, "resultAttempt"),
    costPicoUsd: picoUsdOf(item),
    claims: numberOf(item, "attempts"),
    deadlineAtMs: numberOf(item, "dl"),
    movedAtMs: numberOf(item, "upd"),
  };
}

function lastOf({ jobId, n }: Pick<StoredAttempt, "jobId" | "n">, all: readonly StoredAdjustment[]) {
  const own = all.filter((row) => row.jobId === jobId && row.n === n);
  return (
    own.reduce<StoredAdjustment | null>((last, row) => (row.k > (last?.k ?? 0) ? row : last), null)
      ?.costPicoUsd ?? null
  );
}

function readAdjustment(item: Item): StoredAdjustment {
  const [, n, k] = textOf(item, "sk").split("#");
  const { pk, sk, slot } = JSON.parse(textOf(item, "totals")) as { pk: string; sk: string; slot: number };
  const change = Object.entries(JSON.parse(textOf(item, "change")) as Record<string, string>);
  return {
    jobId: textOf(item, "pk").slice("J#".length),
    ...{ n: Number(n), k: Number(k), slot, costPicoUsd: picoUsdOf(item) ?? 0n },
    ...aboutOf(pk, sk),
    change: Object.fromEntries(change.map(([name, amount]) => [name, BigInt(amount)])),
  };
}

function readAttempt(item: Item): Omit<StoredAttempt, "adjustedPicoUsd"> {
  const usage = item["usage"]?.S;
  return {
    jobId: textOf(item, "pk").slice("J#".length),
    n: Number(textOf(item, "sk").slice("att#".length)),
    generation: numberOf(item, "generation"),
    kind: textOf(item, "kind"),
    state: textOf(item, "state"),
    modelId: textOf(item, "mod"),
    class: textOf(item, "class"),
    tenant: textOf(item, "tenant"),
    place: item["tp"]?.S ?? null,
    riskPlace: item["rp"]?.S ?? null,
    isSuperseded: item["sup"]?.BOOL === true,
    hasAnswer: item["rc"] !== undefined,
    startedAtMs: numberOf(item, "startedAt"),
    endedAtMs: numberOf(item, "endedAt"),
    isLate: numberOf(item, "endedAt") > numberOf(item, "lu"),
    tokens: usage === undefined ? null : (JSON.parse(usage) as StoredTokens),
    costPicoUsd: picoUsdOf(item),
    maxCostPicoUsd: picoUsdOf(item, "max") ?? 0n,
    baselinePicoUsd: picoUsdOf(item, "base"),
  };
}

function readTotals(item: Item): StoredTotals {
  const sums = SUMS.map((name) => [name, picoUsdOf(item, name) ?? 0n]);
  return {
    ...aboutOf(textOf(item, "pk"), textOf(item, "sk")),
    sums: Object.fromEntries(sums) as StoredSums,
    slots: (item["applied"]?.NS ?? []).map(Number),
  };
}

function aboutOf(pk: string, sk: string): Omit<StoredTotals, "sums" | "slots"> {
  const [, tenant = "", day = ""] = pk.split("#");
  const parts = sk.split("#");
  const [model = "", , jobClass = ""] = parts;
  return { key: `${pk} ${sk}`, tenant, day, model, class: jobClass, team: teamOf(parts) };
}

/** Of the parts of a key: model, provider, class, kind, key, tags if there are any, hour and bucket. */
const PARTS_WITH_TAGS = 8;

function teamOf(parts: readonly string[]): string {
  if (parts.length < PARTS_WITH_TAGS) return "";
  return decodeURIComponent((parts[5] ?? "").replace(/^team=/, ""));
}

function textOf(item: Item, name: string): string {
  return item[name]?.S ?? "";
}

function numberOf(item: Item, name: string): number {
  return Number(item[name]?.N ?? 0);
}

function picoUsdOf(item: Item, name = "costPicoUsd"): bigint | null {
  const digits = item[name]?.N;
  return digits === undefined ? null : BigInt(digits);
}
