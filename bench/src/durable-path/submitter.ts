import { connect, type JobEvent, subscribeToEvents } from "@switchyard/shared/queues";
import { Pool } from "undici";
import { promptOf } from "../prompts.ts";
import type { System } from "./system.ts";

/** Submits jobs over HTTP and hears of their end as a waiting caller's request does: by event. */
export interface Submitter {
  /** Resolves with the job's id when its terminal state is in the ledger; rejects unless that is success. */
  run: (index: number, onAccepted?: () => void) => Promise<string>;
  close: () => Promise<void>;
}

const JOB_TIMEOUT_MS = 60_000;
const TERMINAL = new Set<string>(["succeeded", "failed", "cancelled", "expired"]);

export async function openSubmitter(system: System): Promise<Submitter> {
  const api = new Pool(system.apiUrl, { connections: 64, pipelining: 1 });
  const redis = connect(system.redisUrl, "subscriber");
  // An end may be heard before the answer to its submit has been read.
  const ended = new Map<string, string>();
  const waiting = new Map<string, (status: string) => void>();
  subscribeToEvents(redis, system.queuePrefix, ({ jobId, status }: JobEvent) => {
    if (!TERMINAL.has(status)) return;
    const wake = waiting.get(jobId);
    if (wake === undefined) ended.set(jobId, status);
    else wake(status);
  });
  await redis.ping();

  function endOf(jobId: string): Promise<string> {
    const known = ended.get(jobId);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${jobId} had no end within ${JOB_TIMEOUT_MS} ms`));
      const timer = setTimeout(late, JOB_TIMEOUT_MS);
      waiting.set(jobId, (status) => {
        clearTimeout(timer);
        waiting.delete(jobId);
        resolve(status);
      });
    });
  }

  return {
    async run(index, onAccepted) {
      const { statusCode, body } = await api.request({
        path: "/v1/jobs",
        method: "POST",
        headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ input: promptOf(index), model: "auto" }),
      });
      const answer = (await body.json()) as { id: string };
      if (statusCode !== 202) throw new Error(`submit answered ${statusCode}: ${JSON.stringify(answer)}`);
      onAccepted?.();
      const status = await endOf(answer.id);
      if (status !== "succeeded") throw new Error(`${answer.id} ended as ${status}`);
      return answer.id;
    },
    async close() {
      redis.disconnect();
      await api.close();
    },
  };
}
