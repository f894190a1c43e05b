import { type Budget, type BudgetStanding, windowOf } from "@switchyard/shared/budgets";
import { formatUsd } from "@switchyard/shared/pricing";

/** A budget as the API shows it. Null as its standing: nobody can say now. */
export function renderBudget(budget: Budget, standing: BudgetStanding | null, nowMs: number) {
  const { id, subject, window, limitPicoUsd, alertPicoUsd, isHard, source } = budget;
  const { startsAtMs, endsAtMs } = windowOf(window, nowMs);
  const known = standing?.isBuilt === true ? standing : null;
  return {
    id,
    object: "budget",
    tenant: subject.tenant ?? null,
    key: subject.key ?? null,
    tag: subject.tag ?? null,
    window: {
      length: window.length,
      kind: window.kind,
      time_zone: window.kind === "calendar" ? window.timeZone : null,
      starts_at: instant(startsAtMs),
      resets_at: endsAtMs === null ? null : instant(endsAtMs),
    },
    limit_usd: formatUsd(limitPicoUsd),
    spent_usd: known && formatUsd(known.spentPicoUsd),
    reserved_usd: known && formatUsd(known.reservedPicoUsd),
    left_usd: known && formatUsd(leftOf(limitPicoUsd, known)),
    alert_at_usd: alertPicoUsd === null ? null : formatUsd(alertPicoUsd),
    is_alerting: known !== null && alertPicoUsd !== null && known.spentPicoUsd >= alertPicoUsd,
    hard_stop: isHard,
    source,
    state: known === null ? "building" : "ready",
  };
}

/** A limit that was lowered, or that is soft, may be passed: then nothing is left, and not less. */
function leftOf(limitPicoUsd: bigint, { spentPicoUsd, reservedPicoUsd }: BudgetStanding): bigint {
  const left = limitPicoUsd - spentPicoUsd - reservedPicoUsd;
  return left > 0n ? left : 0n;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
