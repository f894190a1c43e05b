import type { Drift, Ledger } from "@switchyard/shared/ledger";
import { approximateUsd } from "@switchyard/shared/pricing";
import type { Logger, Metrics } from "@switchyard/shared/telemetry";
import { tokensOf } from "./groups.ts";
import type { Reconciliation } from "./report.ts";
import type { Amounts } from "./stated.ts";

/** What a reconciliation found, to be kept for each model. */
export function driftsOf({ models, format, from, to }: Reconciliation, atMs: number): Drift[] {
  return [...models].map(([modelId, { ours, theirs }]) => {
    const theirTokens = tokensOf(theirs);
    return {
      ...{ modelId, atMs, from, to, format },
      ourPicoUsd: ours.costPicoUsd ?? 0n,
      ourTokens: tokensOf(comparable(ours, theirs)) ?? 0,
      ...(theirs.costPicoUsd === null ? {} : { theirPicoUsd: theirs.costPicoUsd }),
      ...(theirTokens === null ? {} : { theirTokens }),
    };
  });
}

/** Tokens of a part that the file does not count are none that it lacks. */
function comparable(ours: Amounts, theirs: Amounts): Amounts {
  const names = Object.keys(ours) as (keyof Amounts)[];
  return {
    ...ours,
    ...Object.fromEntries(names.filter((name) => theirs[name] === null).map((name) => [name, null])),
  };
}

/** How often the ledger is asked: somebody reconciles by the day at most. */
const INTERVAL_MS = 60_000;

export interface DriftExport {
  /** Reads what the last reconciliations found; while the ledger does not answer the last answer stands. */
  read: () => Promise<void>;
  stop: () => Promise<void>;
}

/**
 * Exports what the last reconciliation found of each model, whoever ran it: every process says the same. Of models that were never
 * compared the time is 0; of models that the catalogue does not have nothing is said.
 */
export function exportDrift({
  ledger,
  metrics,
  log,
  modelIds,
}: {
  ledger: Pick<Ledger, "drifts">;
  metrics: Metrics;
  log: Logger;
  modelIds: readonly string[];
}): DriftExport {
  // Lines that no model of the catalogue is called like.
  const known = new Set([...modelIds, "none"]);
  const show = (model: string, drift?: Drift) => {
    const {
      ourPicoUsd = 0n,
      theirPicoUsd = ourPicoUsd,
      ourTokens = 0,
      theirTokens = ourTokens,
    } = drift ?? {};
    metrics.reconciliationDifferenceUsd.set({ model }, approximateUsd(theirPicoUsd - ourPicoUsd));
    metrics.reconciliationDifferenceTokens.set({ model }, theirTokens - ourTokens);
    metrics.reconciliationAtSeconds.set({ model }, (drift?.atMs ?? 0) / 1_000);
  };
  const read = async () => {
    try {
      for (const drift of await ledger.drifts.read())
        if (known.has(drift.modelId)) show(drift.modelId, drift);
    } catch (error) {
      log.warn({ error }, "reconciliations could not be read");
    }
  };
  for (const model of known) show(model);
  let reading = read();
  const timer = setInterval(() => {
    reading = reading.then(read);
  }, INTERVAL_MS);
  return {
    read,
    async stop() {
      clearInterval(timer);
      await reading;
    },
  };
}
