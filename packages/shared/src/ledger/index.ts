export type { AccessKeyRow, AccessKeys, Scope } from "./access-keys.ts";
export { OWN_SCOPES, SCOPES } from "./access-keys.ts";
export type { AdjustmentRow } from "./adjustment-row.ts";
export type { Adjustments } from "./adjustments.ts";
export { adjustmentOf, baselinePicoUsdOf, costPicoUsdOf } from "./adjustments.ts";
export type { Attempts, NewIntent, Settlement } from "./attempts.ts";
export type { AttemptsPage, Audit, TotalsItem } from "./audit.ts";
export { baselineOf, baselineSum } from "./baseline.ts";
export type { CostState } from "./booking.ts";
export { bookingOf, costStateOf } from "./booking.ts";
export type { BudgetList } from "./budget-list.ts";
export {
  BUDGETS_KNOWN_MS,
  BUDGETS_KNOWN_TO_ALL_MS,
  budgetOf,
  openBudgetList,
  payerOf,
} from "./budget-list.ts";
export type { StoredBudgets } from "./budgets.ts";
export type { Contents } from "./contents.ts";
export type { Drift, Drifts } from "./drifts.ts";
export type { DrawnAs } from "./job-transitions.ts";
export type { Jobs, ListPage, NewJob } from "./jobs.ts";
export type { ItemKey } from "./keys.ts";
export { totalsDayOf } from "./keys.ts";
export type { Leases } from "./leases.ts";
export type { Ledger, LedgerOptions } from "./ledger.ts";
export { openLedger } from "./ledger.ts";
export type {
  AttemptRow,
  AttemptState,
  JobRow,
  StoredConsult,
  StoredDecision,
  StoredError,
  StoredHold,
  StoredRequest,
  StoredShadow,
} from "./rows.ts";
export type { Arms, Savings } from "./savings.ts";
export { addToArm, noArms, savingsOf, spendersOf } from "./savings.ts";
export { shownDecision } from "./shown-decision.ts";
export type { ConsultOutcome, JobView, Verdict } from "./states.ts";
export {
  consultOutcomeOf,
  isClaimPending,
  LEASE_GRACE_MS,
  LEASE_LAPSED,
  mostSpentPicoUsd,
  openAttempt,
  pendingConsult,
  verdictOf,
} from "./states.ts";
export { LEDGER_OPERATIONS } from "./store-requests.ts";
export { TIME_TO_LIVE_ATTRIBUTE, tableDefinition } from "./table.ts";
export type { Tags } from "./tags.ts";
export { taggedBy } from "./tags.ts";
export type { Grain, LineRoom, Totals, TotalsLine } from "./totals.ts";
export type { Addition, Measures } from "./totals-additions.ts";
export { additionsOf, measuresIn, sumOf } from "./totals-additions.ts";
