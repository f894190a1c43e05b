import type { TotalsLine } from "@switchyard/shared/ledger";
import { formatUsd } from "@switchyard/shared/pricing";

/** A line of the totals, and whose it is. */
export type CostLine = TotalsLine & { tenant: string };

/** By what all costs can be grouped, and what a line of the totals says of it. */
const GROUPINGS = {
  hour: ({ hour }) => `${hour}:00:00Z`,
  day: ({ hour }) => dayOf(hour),
  model: ({ model }) => model,
  provider: ({ provider }) => provider,
  class: ({ class: jobClass }) => jobClass,
  key: ({ key }) => (key === "" ? null : key),
  tenant: ({ tenant }) => tenant,
} as const satisfies Record<string, (line: CostLine) => string | null>;

type Standing = keyof typeof GROUPINGS;
/** `tag:team`: by what jobs say of a tag. */
export type Grouping = Standing | `tag:${string}`;

/** By what costs can be grouped in an installation that has these tags. */
export function groupingsWith(tags: readonly string[]): Grouping[] {
  return [...(Object.keys(GROUPINGS) as Standing[]), ...tags.map((name) => `${TAG}${name}` as const)];
}

const TAG = "tag:";

function groupOf(line: CostLine, grouping: Grouping): string | null {
  if (!isTag(grouping)) return GROUPINGS[grouping](line);
  const name = grouping.slice(TAG.length);
  return Object.hasOwn(line.tags, name) ? (line.tags[name] as string) : "";
}

function isTag(grouping: Grouping): grouping is `tag:${string}` {
  return grouping.startsWith(TAG);
}

type Named = Partial<Record<Grouping, string | null>>;

/** The money of one group; amounts are decimal strings. */
export interface CostRow extends Named {
  /** Jobs that were answered. */
  jobs: number;
  spend_usd: string;
  /** What the strongest model would have cost for the same answers. */
  baseline_usd: string;
  /** The baseline less everything that was spent. */
  net_saved_usd: string;
  /** Of the spend, for judging jobs. */
  classifier_usd: string;
  /** Of the spend, for calls that brought no answer. */
  retry_usd: string;
  unpriced_jobs: number;
  at_risk_usd: string;
}

type Sums = Record<"spend" | "baseline" | "classifier" | "retry" | "atRisk", bigint> & {
  jobs: number;
  unpriced: number;
};

/** The UTC day of an hour. */
export function dayOf(hour: string): string {
  return hour.slice(0, "2026-01-31".length);
}

/** Adds up lines of the totals, a row for each group in the order of what it is called. */
export function costRows(lines: Iterable<CostLine>, groupings: readonly Grouping[]): CostRow[] {
  const groups = new Map<string, { named: Named; sums: Sums }>();
  for (const line of lines) {
    const named: Named = Object.fromEntries(groupings.map((name) => [name, groupOf(line, name)]));
    // JSON keeps the parts apart, whatever is in them.
    const id = JSON.stringify(Object.values(named));
    const group = groups.get(id) ?? { named, sums: nothing() };
    addTo(group.sums, line);
    groups.set(id, group);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { named, sums }]) => ({
      ...named,
      jobs: sums.jobs,
      spend_usd: formatUsd(sums.spend),
      baseline_usd: formatUsd(sums.baseline),
      net_saved_usd: formatUsd(sums.baseline - sums.spend),
      classifier_usd: formatUsd(sums.classifier),
      retry_usd: formatUsd(sums.retry),
      unpriced_jobs: sums.unpriced,
      at_risk_usd: formatUsd(sums.atRisk),
    }));
}

function nothing(): Sums {
  return { spend: 0n, baseline: 0n, classifier: 0n, retry: 0n, atRisk: 0n, jobs: 0, unpriced: 0 };
}

function addTo(sums: Sums, line: TotalsLine): void {
  sums.jobs += line.answers;
  sums.unpriced += line.unpricedCalls;
  sums.spend += line.costPicoUsd;
  sums.baseline += line.baselinePicoUsd;
  sums.classifier += line.kind === "classify" ? line.costPicoUsd : 0n;
  sums.retry += line.retryPicoUsd;
  sums.atRisk += line.atRiskPicoUsd;
}

/** The rows as RFC 4180 has it, with a first line of names. No name of a group is a formula to a spreadsheet; amounts stay as they are. */
export function costsCsv(rows: readonly CostRow[], groupings: readonly Grouping[]): string {
  const lines = rows.map((row) => [
    ...groupings.map((name) => csvCell(textOf(row[name] ?? ""))),
    ...MEASURES.map((name) => csvCell(String(row[name]))),
  ]);
  const all = [[...groupings, ...MEASURES], ...lines];
  return `${all.map((cells) => cells.join(",")).join("\r\n")}\r\n`;
}

const MEASURES = [
  "jobs",
  "spend_usd",
  "baseline_usd",
  "net_saved_usd",
  "classifier_usd",
  "retry_usd",
  "unpriced_jobs",
  "at_risk_usd",
] as const satisfies readonly (keyof CostRow)[];

/** Tags are what callers say: with a quote in front, a spreadsheet shows one and does not run it. */
function textOf(value: string): string {
  return /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
