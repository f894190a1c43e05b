export type { Budget, BudgetSubject, BudgetWindow, Payer } from "./budget.ts";
export { appliesTo } from "./budget.ts";
export type { BudgetRefusal, BudgetStanding, RefusalReason, RefusedStanding } from "./refusal.ts";
export { REFUSAL_REASONS, refusalOf, weightiest } from "./refusal.ts";
export type { WindowSpan } from "./window.ts";
export { oldestSlice, sliceOf, windowOf } from "./window.ts";
