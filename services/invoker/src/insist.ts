import { SwitchyardError } from "@switchyard/shared/errors";
import type { RunContext } from "@switchyard/shared/queues";

/**
 * Repeats a write for as long as this run may live: the call is paid for, and DynamoDB will be back.
 * @throws SwitchyardError LEDGER_UNAVAILABLE when the run was aborted first.
 */
export async function insist<Result>({ signal }: RunContext, write: () => Promise<Result>): Promise<Result> {
  for (let round = 0; ; round += 1) {
    try {
      return await write();
    } catch (error) {
      const isAway = error instanceof SwitchyardError && error.code === "LEDGER_UNAVAILABLE";
      if (!isAway || signal.aborted) throw error;
      await pause(Math.random() * Math.min(2_000, 50 * 2 ** round), signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
