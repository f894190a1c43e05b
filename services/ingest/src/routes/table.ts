import type { Route } from "../http/request-context.ts";
import { type BudgetsOptions, budgetRoutes } from "./budgets.ts";
import { costsRoute } from "./costs.ts";
import { type ExplainOptions, explainRoute } from "./explain.ts";
import { jobBatchRoute } from "./job-batch.ts";
import { jobFeedbackRoute } from "./job-feedback.ts";
import { jobListRoute } from "./job-list.ts";
import { jobReceiptRoute } from "./job-receipt.ts";
import { jobReplayRoutes } from "./job-replay.ts";
import { jobReplaysRoute } from "./job-replays.ts";
import { type JobRouteOptions, jobRoutes } from "./jobs.ts";
import { type KeysOptions, keyRoutes } from "./keys.ts";
import { type ModelsOptions, modelsRoute } from "./models.ts";
import { savingsRoute } from "./savings.ts";

/** Every route of the API; there is no other way in. */
export function routeTable(
  options: JobRouteOptions & ExplainOptions & ModelsOptions & KeysOptions & BudgetsOptions,
): Route[] {
  return [
    ...jobRoutes(options),
    jobListRoute(),
    jobReceiptRoute(),
    jobBatchRoute(options),
    ...jobReplayRoutes(options),
    jobFeedbackRoute(options),
    jobReplaysRoute(options),
    explainRoute(options),
    costsRoute(options),
    savingsRoute(),
    modelsRoute(options),
    ...budgetRoutes(options),
    ...keyRoutes(options),
  ];
}
