import type { AttemptRow } from "@switchyard/shared/ledger";
import { type Amounts, NOTHING, type StatedCall, type StatedLine, TOKEN_NAMES } from "./stated.ts";

/** A call of ours, as far as it is compared. */
export interface OwnCall extends Pick<AttemptRow, "jobId" | "n" | "state" | "modelId"> {
  day: string;
  amounts: Amounts;
  /** The most that it may cost, where that is not known. */
  atRiskPicoUsd: bigint;
  /** It was settled by a file, by a run that may have ended before it had counted it. */
  isReconciled: boolean;
}

/** What is compared: a call by its name, or all of a model on a day. */
export interface Group {
  name: string;
  day: string;
  /** At the provider, where one of its lines is in it. */
  statedModel: string | null;
  /** Of ours, in order of their names. */
  modelIds: Set<string>;
  lines: number;
  firstLine: number | null;
  /** Our calls, by their state. */
  rows: Record<AttemptRow["state"], number>;
  ours: Amounts;
  theirs: Amounts;
  atRiskPicoUsd: bigint;
  /** Something of it lies in the period. */
  isInPeriod: boolean;
  /** Its last line and its last call: all it has where it has one of each. */
  statedCall: StatedCall | null;
  ownCall: OwnCall | null;
}

/**
 * Every line and every call is in exactly one. `differs`: both sides are there and do not say the same. `at_risk`: calls whose outcome
 * nobody knows and that are not in the file; they claim nothing, so it is no difference.
 */
export const CLASSES = ["matched", "differs", "ours_only", "theirs_only", "at_risk"] as const;
export type GroupClass = (typeof CLASSES)[number];

export function emptyGroup(name: string): Group {
  return {
    ...{ name, day: "", statedModel: null, modelIds: new Set(), lines: 0, firstLine: null },
    rows: { intent: 0, settled: 0, void: 0, unknown: 0 },
    ...{ ours: NOTHING, theirs: NOTHING, atRiskPicoUsd: 0n, isInPeriod: false },
    ...{ statedCall: null, ownCall: null },
  };
}

export function addLine(group: Group, stated: StatedLine, isInPeriod: boolean): void {
  group.lines += 1;
  group.firstLine ??= stated.line;
  group.day ||= stated.day;
  group.statedModel ??= stated.model;
  group.theirs = sumOfAmounts(group.theirs, stated.amounts);
  group.statedCall = stated.call ?? null;
  group.isInPeriod ||= isInPeriod;
}

export function addCall(group: Group, call: OwnCall, isInPeriod: boolean): void {
  group.rows[call.state] += 1;
  group.day ||= call.day;
  group.modelIds.add(call.modelId);
  group.ours = sumOfAmounts(group.ours, call.amounts);
  group.atRiskPicoUsd += call.atRiskPicoUsd;
  group.ownCall = call;
  group.isInPeriod ||= isInPeriod;
}

export function classOf({ lines, rows, ours, theirs }: Group): GroupClass {
  const open = rows.unknown + rows.intent;
  if (lines === 0 && rows.settled > 0) return "ours_only";
  // Calls that were certainly not billed are right not to be there.
  if (lines === 0) return open > 0 ? "at_risk" : "matched";
  if (isSame(ours, theirs)) return "matched";
  return rows.settled + rows.void + open === 0 ? "theirs_only" : "differs";
}

/** What a side does not say is not compared. */
function isSame(ours: Amounts, theirs: Amounts): boolean {
  const names = Object.keys(NOTHING) as (keyof Amounts)[];
  return names.every((name) => ours[name] === null || theirs[name] === null || ours[name] === theirs[name]);
}

/** What one of the parts does not say, the sum does not either. */
export function sumOfAmounts(a: Amounts, b: Amounts): Amounts {
  const sum = { ...NOTHING };
  for (const name of ["calls", ...TOKEN_NAMES] as const) {
    const [left, right] = [a[name], b[name]];
    sum[name] = left === null || right === null ? null : left + right;
  }
  const isStated = a.costPicoUsd !== null && b.costPicoUsd !== null;
  sum.costPicoUsd = isStated ? (a.costPicoUsd ?? 0n) + (b.costPicoUsd ?? 0n) : null;
  return sum;
}

export function tokensOf(amounts: Amounts): number | null {
  const counts = TOKEN_NAMES.map((name) => amounts[name]);
  const stated = counts.filter((count) => count !== null);
  return stated.length === 0 ? null : stated.reduce((sum, count) => sum + count, 0);
}
