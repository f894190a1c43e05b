import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import type { Ledger } from "@switchyard/shared/ledger";
import type { PriceBook } from "@switchyard/shared/pricing";
import type { Admission, EventPublisher, Summoner } from "@switchyard/shared/queues";
import type { BudgetGuard } from "@switchyard/shared/service";
import type { Logger, Metrics } from "@switchyard/shared/telemetry";
import type { CancelWatch } from "./cancel-watch.ts";
import type { ProviderClient } from "./providers/index.ts";

/** What every run of one model's pool needs. */
export interface InvokeOptions {
  catalogue: Catalogue;
  prices: PriceBook;
  model: Model;
  client: ProviderClient;
  ledger: Ledger;
  events: EventPublisher;
  cancels: CancelWatch;
  admission: Admission;
  budgets: Pick<BudgetGuard, "cover">;
  summoner: Summoner;
  metrics: Metrics;
  log: Logger;
  now?: () => number;
}
