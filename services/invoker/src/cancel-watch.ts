import type { Ledger } from "@switchyard/shared/ledger";

/** Aborts the calls of jobs that are being cancelled, so that no more is spent on them than was. */
export interface CancelWatch {
  /** Says that a job may be cancelling. A hint, perhaps lost: without it a call runs to its end. */
  onCancel: (jobId: string) => void;
  /** Watches over a job from before the last look at its row, so that no cancel falls between the two. */
  watch: (jobId: string, run: AbortSignal) => WatchedCall;
}

export interface WatchedCall {
  /** Aborts with the run's own signal, and when the job is being cancelled. */
  signal: AbortSignal;
  /** The row said that the job is being cancelled, and the call was aborted for it. */
  readonly isCancelled: boolean;
  end: () => void;
}

export function createCancelWatch({ jobs }: Pick<Ledger, "jobs">): CancelWatch {
  const cancelsByJob = new Map<string, Set<() => void>>();

  /** An aborted call may have been paid for: the row is asked, because an event alone proves nothing. */
  async function abortCalls(jobId: string): Promise<void> {
    if (!cancelsByJob.has(jobId)) return;
    const job = await jobs.read(jobId);
    if (job?.status !== "cancelling") return;
    for (const cancel of cancelsByJob.get(jobId) ?? []) cancel();
  }

  return {
    onCancel(jobId) {
      abortCalls(jobId).catch(() => {});
    },
    watch(jobId, run) {
      const controller = new AbortController();
      const withRun = () => controller.abort(run.reason);
      let isCancelled = false;
      const cancel = () => {
        isCancelled = true;
        controller.abort("cancelled");
      };
      const cancels = cancelsByJob.get(jobId) ?? new Set();
      cancelsByJob.set(jobId, cancels.add(cancel));
      if (run.aborted) withRun();
      else run.addEventListener("abort", withRun, { once: true });
      return {
        signal: controller.signal,
        get isCancelled() {
          return isCancelled;
        },
        end() {
          run.removeEventListener("abort", withRun);
          cancels.delete(cancel);
          if (cancels.size === 0 && cancelsByJob.get(jobId) === cancels) cancelsByJob.delete(jobId);
        },
      };
    },
  };
}
