import type { Budget } from "@switchyard/shared/budgets";
import { BUDGETS_KNOWN_MS } from "@switchyard/shared/ledger";

/**
 * Tells which budgets all processes know by now. One that the API was just given is not built yet: until then jobs are
 * accepted and called that nothing is reserved for. Those that are there at the first look are known.
 */
export function openNewcomers(): (budgets: readonly Budget[], nowMs: number) => Budget[] {
  let since: Map<string, number> | null = null;
  return (budgets, nowMs) => {
    const before: Map<string, number> | null = since;
    const seenSince = (budget: Budget) =>
      before === null ? Number.NEGATIVE_INFINITY : (before.get(nameOf(budget)) ?? nowMs);
    since = new Map(budgets.map((budget) => [nameOf(budget), seenSince(budget)]));
    return budgets.filter((budget) => nowMs - seenSince(budget) >= BUDGETS_KNOWN_MS);
  };
}

/** What makes it another account. */
function nameOf({ id, subject, window }: Budget): string {
  return JSON.stringify([id, subject, window]);
}
