import type { Counter } from "prom-client";
import { startAtZero } from "./start-at-zero.ts";

/**
 * A counter has series of just these budgets: from 0 on of a new one, and none of one that is no more, so that ids which
 * come and go do not add up.
 */
export async function keepSeriesOf<Label extends "budget" | "where" | "reason">(
  counter: Counter<Label>,
  values: Record<Label, readonly string[]>,
): Promise<void> {
  startAtZero(counter, values);
  const kept = new Set<unknown>(values["budget" as Label]);
  for (const { labels } of (await counter.get()).values)
    if (!kept.has(labels["budget" as Label])) counter.remove(labels);
}
