import { type Counter, Histogram } from "prom-client";

/**
 * Every combination of these label values, at 0. A series that is absent until it rises hides its first rise, and
 * leaves nothing where a ratio should be 0.
 */
export function startAtZero<Label extends string>(
  metric: Counter<Label> | Histogram<Label>,
  values: Record<Label, readonly string[]>,
): void {
  for (const labels of combinationsOf(values)) {
    if (metric instanceof Histogram) metric.zero(labels);
    else metric.inc(labels, 0);
  }
}

function combinationsOf<Label extends string>(
  values: Record<Label, readonly string[]>,
): Record<Label, string>[] {
  const lists = Object.entries<readonly string[]>(values);
  const all = lists.reduce<Record<string, string>[]>(
    (made, [label, ofLabel]) => made.flatMap((one) => ofLabel.map((value) => ({ ...one, [label]: value }))),
    [{}],
  );
  return all as Record<Label, string>[];
}
