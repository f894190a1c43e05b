import { JOB_CLASSES, type JobClass } from "@switchyard/shared/contracts";
import { formatUsd } from "@switchyard/shared/pricing";
import { type Column, renderTable } from "../screen/table.ts";
import type { Replayed, ReplayGroup } from "./replay-jobs.ts";

const COLUMNS: readonly Column[] = [
  { name: "class and model" },
  { name: "jobs", align: "right" },
  { name: "cost then", align: "decimal" },
  { name: "cost now", align: "decimal" },
  { name: "difference", align: "decimal" },
  { name: "baseline", align: "decimal" },
];

const ASSUMED = `
Assumed: an answer takes the tokens that it took, and no limit of another model
cuts it short; a job keeps the class that it was routed as; the first call
brings the answer, by the model that the job is routed to, and none is held out.`;

/** What the jobs of some time cost, and what they would cost: exact, a line for each class and pair of models. */
export function replayText(
  { groups, unanswered, unmeasured, heldOut, besidePicoUsd }: Replayed,
  { sinceMs, nowMs }: { sinceMs: number; nowMs: number },
  width: number | null,
): string {
  const priced = groups.filter(({ problem }) => problem === null);
  const others = groups.filter(({ problem }) => problem !== null);
  const rows = JOB_CLASSES.flatMap((name) => rowsOf(name, groups));
  const head = `jobs from ${instant(sinceMs)} on, routed with this file\nat the prices of ${instant(nowMs)}`;
  const left = [
    `left out: ${unanswered} jobs without an answer, ${unmeasured} whose cost is not known, ${heldOut} of the holdout`,
    `judging, and calls that brought no answer, cost ${formatUsd(besidePicoUsd)} USD then: in no line`,
  ];
  const table =
    groups.length === 0 ? "no job was answered in that time\n" : renderTable(COLUMNS, rows, width);
  const sums = groups.length === 0 ? [] : [sumText(priced), ...others.map(problemText)];
  return [`${head}\n`, table, `${[...sums, ...left, ASSUMED].join("\n")}\n`].join("\n");
}

function rowsOf(jobClass: JobClass, groups: readonly ReplayGroup[]): string[][] {
  const own = groups.filter((group) => group.class === jobClass).map(rowOf);
  return own.length === 0 ? [] : [[jobClass], ...own.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))];
}

function rowOf(group: ReplayGroup): string[] {
  const { modelThen, model, problem, jobs, thenPicoUsd, nowPicoUsd, baselinePicoUsd } = group;
  const named = model === modelThen ? modelThen : `${modelThen} → ${model ?? "none"}`;
  const isPriced = problem === null;
  return [
    ...[`  ${named}`, String(jobs), formatUsd(thenPicoUsd)],
    ...(isPriced ? [formatUsd(nowPicoUsd), formatUsd(nowPicoUsd - thenPicoUsd)] : ["-", "-"]),
    baselinePicoUsd === null ? "-" : formatUsd(baselinePicoUsd),
  ];
}

function sumText(groups: readonly ReplayGroup[]): string {
  const sum = (of: (group: ReplayGroup) => bigint) => groups.reduce((total, group) => total + of(group), 0n);
  const then = sum(({ thenPicoUsd }) => thenPicoUsd);
  const now = sum(({ nowPicoUsd }) => nowPicoUsd);
  const difference = now - then;
  const sign = difference > 0n ? "+" : "";
  const jobs = sum((group) => BigInt(group.jobs));
  const sums = `${formatUsd(then)} USD then, ${formatUsd(now)} now: ${sign}${formatUsd(difference)}`;
  const isKnown = groups.every(({ baselinePicoUsd }) => baselinePicoUsd !== null);
  const baseline = isKnown ? formatUsd(sum(({ baselinePicoUsd }) => baselinePicoUsd ?? 0n)) : "not known";
  return `${jobs} jobs in all: ${sums}${shareOf(difference, then)}\nwith the baseline: ${baseline}`;
}

/** In tenths of a percent, rounded towards 0. */
function shareOf(difference: bigint, whole: bigint): string {
  if (whole === 0n) return "";
  const tenths = (difference * 1_000n) / whole;
  const [sign, most] = tenths < 0n ? ["−", -tenths] : ["+", tenths];
  return ` (${sign}${most / 10n}.${most % 10n} %)`;
}

function problemText({ class: jobClass, jobs, model, problem }: ReplayGroup): string {
  const what = model === null ? "no route" : `no cost with ${model}`;
  return `! ${jobs} ${jobClass} ${jobs === 1 ? "job" : "jobs"}: ${what}: ${problem}`;
}

function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, "2026-01-31T23:59".length)}Z`;
}
