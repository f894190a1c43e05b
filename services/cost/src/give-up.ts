import { isTerminal, type SettleMessage } from "@switchyard/shared/contracts";
import type { SwitchyardError } from "@switchyard/shared/errors";
import { verdictOf } from "@switchyard/shared/ledger";
import { later } from "@switchyard/shared/queues";
import { writeOffWith } from "@switchyard/shared/service";
import { charged, LATE_CALL_LOOK_MS, moneyOf, observe, type SettleOptions, uncounted } from "./settle.ts";

/**
 * What settle does with a job that it cannot settle: it asks itself once more, with the reason on the row. A job
 * that kills whoever settles it would do so again: it ends here and now, as failed. What it cost is on it; the
 * totals lack it until the sweeper's hourly look finds a settle that survives it.
 */
export function giveUpWith(options: Omit<SettleOptions, "catalogue" | "log">) {
  const { ledger, metrics, now = ledger.now } = options;
  const writeOff = writeOffWith(ledger);
  return async (message: SettleMessage, error: SwitchyardError): Promise<SettleMessage | null> => {
    if (error.code !== "JOB_POISONED") return writeOff(message, error);
    const view = await ledger.jobs.view(message.jobId);
    if (view === null || isTerminal(view.job.status) || view.job.generation !== message.generation)
      return null;
    const verdict = verdictOf(view, now());
    if ("waitUntil" in verdict) throw later("a call may be on the wire", verdict.waitUntil - now());
    const ended = await ledger.jobs.end(view.job, {
      status: "failed",
      failure: { code: error.code, message: error.message },
      ...moneyOf(view.attempts),
      counted: view.job.counted ?? [],
      countedAtRisk: view.job.countedAtRisk ?? [],
      attentionAt: now() + LATE_CALL_LOOK_MS,
    });
    if (ended === null) throw later("the row moved meanwhile", 20);
    observe(metrics, ended, "failed");
    const counted = { job: ended, attempts: view.attempts };
    // Its budgets hold what the totals lack of it: what was spent is compared with the totals, and would be taken back.
    if (uncounted(counted).length > 0) options.events.publish(ended);
    else await charged(options, counted);
    return null;
  };
}
