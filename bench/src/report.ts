import { median } from "./rounds.ts";
import { renderTable } from "./table.ts";

/** One measured quantity beside its reference. */
export interface Row {
  metric: string;
  /** Medians over the rounds. */
  subject: number;
  reference: number | null;
  /** Median of the ratios taken round by round. */
  ratio: number | null;
  /** What the ratio, or the quantity where there is no reference, has to meet. */
  bar?: string;
}

/** What a benchmark answers. */
export interface Report {
  subject: string;
  reference: string;
  rows: Row[];
  /** What a reader must know to read the figures right. */
  notes: string[];
  /** Everything measured, round by round. */
  rounds: unknown[];
}

/** A row of one quantity over all rounds. */
export function row<Pair>(
  metric: string,
  pairs: readonly Pair[],
  of: { subject: (pair: Pair) => number; reference?: (pair: Pair) => number; bar?: string },
): Row {
  const { subject, reference, bar } = of;
  const measured = {
    metric,
    subject: rounded(median(pairs.map(subject))),
    ...(bar === undefined ? {} : { bar }),
  };
  if (reference === undefined) return { ...measured, reference: null, ratio: null };
  return {
    ...measured,
    reference: rounded(median(pairs.map(reference))),
    ratio: rounded(median(pairs.map((pair) => subject(pair) / reference(pair)))),
  };
}

/** Four significant digits: more than any of these measurements carries. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** The report as lines for a terminal. */
export function renderReport({ subject, reference, rows, notes }: Report): string {
  const cells = [
    ["", subject, reference, "ratio", "bar"],
    ...rows.map((line) => [
      line.metric,
      String(line.subject),
      String(line.reference ?? ""),
      line.ratio === null ? "" : `${line.ratio} x`,
      line.bar ?? "",
    ]),
  ];
  return [...renderTable(cells), ...notes.map((note) => `  ${note}`)].join("\n");
}
