import type { DatedBook } from "../pricing/index.ts";
import type { Logger, Metrics } from "../telemetry/index.ts";

const DAY_MS = 86_400_000;
/** Providers change their list prices every few months: an older book is probably wrong somewhere. */
const OLD_DAYS = 90;

/** Exports as of when the price book holds, and warns of one that is old. It is read once, at the start. */
export function tellPriceAge(
  { version, asOfMs }: DatedBook,
  { metrics, log }: { metrics: Metrics; log: Pick<Logger, "warn"> },
  nowMs: number,
): void {
  metrics.priceBookAtSeconds.set(asOfMs / 1_000);
  const ageDays = Math.floor((nowMs - asOfMs) / DAY_MS);
  if (ageDays > OLD_DAYS) log.warn({ version, ageDays }, "the price book is old; import newer prices");
}
