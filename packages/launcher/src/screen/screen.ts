import { formatUsd } from "@switchyard/shared/pricing";
import type { RunTotals } from "../run-totals.ts";
import type { CheckResult } from "../self-check.ts";
import type { StartFailure } from "../start-failure.ts";
import type { Paint } from "./paint.ts";

/** One line of the header: what it is, where it is, what kind, and what to do to have it otherwise. */
export interface HeaderRow {
  name: string;
  value: string;
  note?: string;
  hint?: string;
}

export interface Header {
  version: string;
  nodeVersion: string;
  readyMs: number;
  rows: readonly HeaderRow[];
  warnings: readonly string[];
}

const WIDTH = 80;
const NAME_WIDTH = 11;
/** Longer prompts are cut, so that a line of the self-check fits a terminal. */
const PROMPT_WIDTH = 33;
/** Between two columns. */
const GAP = 3;

export function renderHeader(
  { version, nodeVersion, readyMs, rows, warnings }: Header,
  paint: Paint,
): string {
  const title = `switchyard ${version}   node ${nodeVersion}`;
  const ready = `ready in ${(readyMs / 1_000).toFixed(1)} s`;
  const first = `  ${paint("title", title)}${ready.padStart(WIDTH - title.length)}`;
  const valueWidth = widest(rows.filter(({ note }) => note !== undefined).map(({ value }) => value));
  const noteWidth = widest(rows.filter(({ hint }) => hint !== undefined).map(({ note = "" }) => note));
  const lines = rows.map(({ name, value, note, hint }) => {
    // A value without a note may run on into the notes' column, as a list of models does.
    const facts = note === undefined ? value : value.padEnd(valueWidth) + note;
    const arrow = hint === undefined ? "" : paint("faint", `→ ${hint}`);
    const width = Math.max(valueWidth + noteWidth, facts.length + GAP);
    return `  ${name.padEnd(NAME_WIDTH)}${facts.padEnd(width)}${arrow}`.trimEnd();
  });
  return `${[first, ...lines, ...warnings.map((text) => `  ${paint("bad", "!")} ${text}`)].join("\n")}\n`;
}

export function renderCheckTitle(count: number): string {
  const numbers = ["no", "one", "two", "three", "four"];
  return `\n  self-check, ${numbers[count] ?? count} jobs through the real pipeline\n`;
}

export function renderCheck(result: CheckResult, paint: Paint): string {
  const prompt = `"${shortened(result.prompt, PROMPT_WIDTH)}"`.padEnd(PROMPT_WIDTH + 2);
  const start = `${result.class.padEnd(13)}${prompt}`;
  if (result.problem !== null) return `  ${paint("bad", "✗")} ${start}   ${result.problem}\n`;
  const cells = [
    `→ ${(result.model ?? "").padEnd(10)}`,
    `${result.durationMs} ms`.padStart(7),
    usd(result.costPicoUsd),
    result.baselinePicoUsd === null
      ? "saving unknown"
      : `saved ${usd(result.baselinePicoUsd - result.costPicoUsd)}`,
  ];
  return `  ${paint("good", "✓")} ${start}   ${cells.join("   ")}\n`;
}

/** What judging cost, and what is left of the saving after it. */
export function renderSaving(results: readonly CheckResult[], baselineModel: string, paint: Paint): string {
  const sum = (of: (result: CheckResult) => bigint) => results.reduce((total, one) => total + of(one), 0n);
  const classifier = `classifier ${usd(sum(({ classifierPicoUsd }) => classifierPicoUsd))}`;
  const indent = " ".repeat(PROMPT_WIDTH + 22);
  if (results.some(({ baselinePicoUsd }) => baselinePicoUsd === null)) return `${indent}${classifier}\n`;
  const baseline = sum(({ baselinePicoUsd }) => baselinePicoUsd ?? 0n);
  const saved = baseline - sum(({ costPicoUsd }) => costPicoUsd);
  const share = `net saved ${percent(saved, baseline)} against always ${baselineModel}`;
  return paint("faint", `${indent}${classifier} · ${share}\n`);
}

export interface Addresses {
  apiUrl: string;
  apiKey: string;
  /** By service, in the order of the pipeline. */
  metrics: readonly { service: string; port: number }[];
  logs: readonly string[];
}

/** Where everything is, a command to paste, and how to leave. */
export function renderAddresses({ apiUrl, apiKey, metrics, logs }: Addresses, paint: Paint): string {
  const [first, ...others] = metrics;
  const more = others.map(({ service, port }) => ` · :${port} ${service}`).join("");
  const metricsLine =
    first === undefined
      ? []
      : [`  metrics    http://127.0.0.1:${first.port}/metrics ${first.service}${more}`];
  return [
    "",
    `  api        ${apiUrl}/v1`,
    ...metricsLine,
    `  logs       ${logs.join("  ")}`,
    "",
    `  ${paint("title", "try it")}`,
    `    curl -sS ${apiUrl}/v1/jobs -H 'Prefer: wait=10' -H 'content-type: application/json' \\`,
    `         -H 'Authorization: Bearer ${apiKey}' -d '{"input":"What is the capital of Peru?"}'`,
    "",
    "  ctrl-c stops and drains",
    "",
  ].join("\n");
}

/** @param isKept the ledger outlives the run. */
export function renderTotals(totals: RunTotals, isKept: boolean): string {
  const { tenant, jobs, unfinished, calls, costPicoUsd, savedPicoUsd, isPartial } = totals;
  const which = `${isPartial ? `the last ${jobs} jobs` : plural(jobs, "job")} of tenant ${tenant}`;
  const parts = [which, plural(calls, "call"), `cost ${usd(costPicoUsd)}`, `saved ${usd(savedPicoUsd)}`];
  const lines = [`  stopped    ${parts.join(" · ")}`];
  if (unfinished > 0) {
    const rest = isKept ? "to be finished after the next start" : "lost with the emulated ledger";
    lines.push(`             ${plural(unfinished, "job")} not finished, ${rest}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Each thing that is wrong on a line of its own, and below it what to do. */
export function renderFailure({ what, remedy }: StartFailure): string {
  const indent = " ".repeat("switchyard: ".length);
  const [first = "", ...others] = what;
  return [`switchyard: ${first}`, ...others.map((line) => indent + line), indent + remedy, ""].join("\n");
}

/** Dollars to six decimals, rounded half up: what a person compares. The ledger has all twelve. */
export function usd(picoUsd: bigint): string {
  const unit = 1_000_000n;
  const magnitude = picoUsd < 0n ? -picoUsd : picoUsd;
  const rounded = ((magnitude + unit / 2n) / unit) * unit;
  const [whole = "0", fraction = ""] = formatUsd(rounded).split(".");
  return `${picoUsd < 0n && rounded > 0n ? "-" : ""}$${whole}.${fraction.padEnd(6, "0")}`;
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => length)) + GAP;
}

function percent(part: bigint, whole: bigint): string {
  if (whole === 0n) return "0.0 %";
  const tenths = (part * 1_000n) / whole;
  const magnitude = tenths < 0n ? -tenths : tenths;
  return `${tenths < 0n ? "-" : ""}${magnitude / 10n}.${magnitude % 10n} %`;
}

function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1).trimEnd()}…`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
