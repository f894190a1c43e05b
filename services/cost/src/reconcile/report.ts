import { formatUsd } from "@switchyard/shared/pricing";
import { CLASSES, classOf, type Group, type GroupClass, sumOfAmounts, tokensOf } from "./groups.ts";
import { type Amounts, NOTHING } from "./stated.ts";

/** Sums of what is in one class, or of one model. */
export interface Sums {
  groups: number;
  lines: number;
  calls: number;
  ours: Amounts;
  theirs: Amounts;
  atRiskPicoUsd: bigint;
}

export interface Reconciliation {
  format: string;
  file: string;
  providers: readonly string[];
  /** Days of UTC, both inclusive. */
  from: string;
  to: string;
  /** Else it is that of the file, which may have no lines for its first or last days. */
  isPeriodGiven: boolean;
  classes: Record<GroupClass, Sums>;
  /** By our model; `none` for what no model of the catalogue is called. */
  models: Map<string, Sums>;
  /** The first of those that are not alike. */
  differences: { class: GroupClass; group: Group; modelId: string }[];
  /** Calls that were settled. */
  settled: number;
  /** Calls that could have been and were not, by the reason why. */
  left: Map<string, number>;
  /** Lines that are of no concern, by the reason why. */
  leftOut: Map<string, number>;
}

/** Beyond so many differences only their number is told. */
const MAX_TOLD = 1_000;

export function emptyReconciliation(
  about: Pick<Reconciliation, "format" | "file" | "providers" | "from" | "to" | "isPeriodGiven" | "leftOut">,
): Reconciliation {
  const classes = Object.fromEntries(CLASSES.map((name) => [name, noSums()])) as Reconciliation["classes"];
  return { ...about, classes, models: new Map(), differences: [], settled: 0, left: new Map() };
}

function noSums(): Sums {
  return { groups: 0, lines: 0, calls: 0, ours: NOTHING, theirs: NOTHING, atRiskPicoUsd: 0n };
}

export function addGroup(reconciliation: Reconciliation, group: Group, modelId: string): void {
  const { classes, models, differences } = reconciliation;
  const of = classOf(group);
  const sums = models.get(modelId) ?? noSums();
  models.set(modelId, sums);
  for (const each of [classes[of], sums]) {
    each.groups += 1;
    each.lines += group.lines;
    each.calls += Object.values(group.rows).reduce((sum, count) => sum + count, 0);
    each.ours = sumOfAmounts(each.ours, group.ours);
    each.theirs = sumOfAmounts(each.theirs, group.theirs);
    each.atRiskPicoUsd += group.atRiskPicoUsd;
  }
  if (of !== "matched" && differences.length < MAX_TOLD) differences.push({ class: of, group, modelId });
}

/** Nothing is on one side only, and what is on both is the same. */
export function isAlike({ classes }: Reconciliation): boolean {
  return classes.differs.groups + classes.ours_only.groups + classes.theirs_only.groups === 0;
}

/** The report as data; money is decimal text. */
export function renderJson(reconciliation: Reconciliation): object {
  const { format, file, providers, from, to, classes, models, differences, settled } = reconciliation;
  return {
    ...{ object: "reconciliation", format, file, providers, from, to },
    ...{ is_period_given: reconciliation.isPeriodGiven, matches: isAlike(reconciliation) },
    ...{ settled, not_settled: Object.fromEntries(reconciliation.left) },
    lines_left_out: Object.fromEntries(reconciliation.leftOut),
    classes: Object.fromEntries(CLASSES.map((name) => [name, shownSums(classes[name])])),
    models: Object.fromEntries([...models].map(([id, sums]) => [id, shownSums(sums)])),
    differences: differences.map(({ class: of, group, modelId }) => ({
      ...{ class: of, name: group.name, day: group.day, model: modelId, stated_model: group.statedModel },
      ...{ lines: group.lines, first_line: group.firstLine, calls: group.rows },
      ...shownSides(group),
    })),
    differences_left_out: totalOf(classes) - differences.length,
  };
}

function totalOf(classes: Reconciliation["classes"]): number {
  return CLASSES.filter((name) => name !== "matched").reduce((sum, name) => sum + classes[name].groups, 0);
}

function shownSums({ groups, lines, calls, ...sides }: Sums) {
  return { groups, lines, calls, ...shownSides(sides) };
}

function shownSides({ ours, theirs, atRiskPicoUsd }: Pick<Sums, "ours" | "theirs" | "atRiskPicoUsd">) {
  const { ours: own, theirs: stated } = { ours: shown(ours), theirs: shown(theirs) };
  const differencePicoUsd = differenceOf(ours.costPicoUsd, theirs.costPicoUsd);
  const differenceUsd = differencePicoUsd === null ? null : formatUsd(differencePicoUsd);
  return { ours: own, theirs: stated, difference_usd: differenceUsd, at_risk_usd: formatUsd(atRiskPicoUsd) };
}

function shown(amounts: Amounts) {
  return {
    ...{ calls: amounts.calls, input_tokens: amounts.inputTokens },
    ...{ cached_input_tokens: amounts.cachedInputTokens, cache_write_tokens: amounts.cacheWriteTokens },
    output_tokens: amounts.outputTokens,
    cost_usd: amounts.costPicoUsd === null ? null : formatUsd(amounts.costPicoUsd),
  };
}

/** What they say beyond what we do. */
function differenceOf(ours: bigint | null, theirs: bigint | null): bigint | null {
  return ours === null || theirs === null ? null : theirs - ours;
}

const NAMES: Readonly<Record<GroupClass, string>> = {
  matched: "matched",
  differs: "amount differs",
  ours_only: "ours only",
  theirs_only: "theirs only",
  at_risk: "at risk, not in the file",
};
/** Differences that the text tells. */
const MAX_LINES = 100;

/** The report for people. */
export function renderText(reconciliation: Reconciliation): string[] {
  const { format, file, providers, from, to, classes, models, differences } = reconciliation;
  const told = differences.slice(0, MAX_LINES);
  const more = totalOf(classes) - told.length;
  return [
    `${file} (${format}) and calls of ${providers.join(", ")}, ${from} to ${to}`,
    ...(reconciliation.isPeriodGiven
      ? []
      : [
          "the days are those of the file: calls of days before and after are not compared; state --from and --to",
        ]),
    ...[...reconciliation.leftOut].map(([reason, lines]) => `${lines} lines left out: ${reason}`),
    ...CLASSES.map((name) => `${NAMES[name]}: ${classes[name].groups}, ${sidesIn(classes[name])}`),
    ...[...models].map(([id, sums]) => `model ${id}: ${sidesIn(sums)}`),
    ...told.map(({ class: of, group }) => {
      const line = group.firstLine === null ? "" : `, line ${group.firstLine}`;
      return `${NAMES[of]}: ${group.day} ${group.statedModel ?? [...group.modelIds].join(", ")}, ${group.name}${line}: ${sidesIn(sumsOf(group))}`;
    }),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(reconciliation.settled > 0 ? [`${reconciliation.settled} calls settled`] : []),
    ...[...reconciliation.left].map(([reason, calls]) => `${calls} calls not settled: ${reason}`),
  ];
}

function sumsOf({ lines, rows, ours, theirs, atRiskPicoUsd }: Group): Sums {
  const calls = Object.values(rows).reduce((sum, count) => sum + count, 0);
  return { groups: 1, lines, calls, ours, theirs, atRiskPicoUsd };
}

function sidesIn({ lines, calls, ours, theirs, atRiskPicoUsd }: Sums): string {
  const difference = differenceOf(ours.costPicoUsd, theirs.costPicoUsd);
  const risk = atRiskPicoUsd === 0n ? "" : `; at risk ${formatUsd(atRiskPicoUsd)} USD`;
  const off = difference === null || difference === 0n ? "" : `; they say ${signed(difference)} USD`;
  return `${calls} calls ${sideIn(ours)}; ${lines} lines ${sideIn(theirs)}${off}${risk}`;
}

function sideIn(amounts: Amounts): string {
  const tokens = tokensOf(amounts);
  const cost = amounts.costPicoUsd;
  const parts = [
    ...(tokens === null ? [] : [`${tokens} tokens`]),
    ...(cost === null ? [] : [`${formatUsd(cost)} USD`]),
  ];
  return parts.length === 0 ? "" : `(${parts.join(", ")})`;
}

function signed(picoUsd: bigint): string {
  return picoUsd > 0n ? `+${formatUsd(picoUsd)}` : formatUsd(picoUsd);
}
