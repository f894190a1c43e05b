export type { BudgetGuard, Cover, CoverRequest, Refused } from "./budget-guard.ts";
export { isOwnBudget, openBudgetGuard } from "./budget-guard.ts";
export type { CeilingRequest } from "./ceiling.ts";
export { ceilingOf, worstCaseOf } from "./ceiling.ts";
export { openLedgerFrom } from "./open-ledger.ts";
export type { Service } from "./open-service.ts";
export { openService, readCatalogue, untilAnswered } from "./open-service.ts";
export { openOperations } from "./operations.ts";
export { writeOffWith } from "./write-off.ts";
