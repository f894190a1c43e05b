import type { Stage } from "@switchyard/shared/pipeline";
import { checkRedis, connect, openSummoner, type RunStageOptions, runStage } from "@switchyard/shared/queues";
import { createLogger, createMetrics } from "@switchyard/shared/telemetry";
import { benchJobId } from "./job-ids.ts";
import { endings, type QueueSubject } from "./queue-subject.ts";

/** What the services run with when nothing else is configured. */
const CONCURRENCY = { classify: 20, invoke: 64, settle: 20 } as const;
const MODEL_ID = "bench";
const REDIS_START_MS = 10_000;

/**
 * The product's queue plane: its summoner and its three stages with handlers that do nothing, so that what
 * is left is what the pipeline costs in Redis and Node.
 */
export async function openPlane(redisUrl: string, invoke = async () => {}): Promise<QueueSubject> {
  const redis = connect(redisUrl, "producer");
  await checkRedis(redis, REDIS_START_MS);
  const worker = connect(redisUrl, "worker");
  const prefix = "{sw}";
  const summoner = openSummoner(redis, prefix);
  const ended = endings();
  const common = {
    redis: worker,
    prefix,
    summoner,
    onDeadLetter: async () => null,
    log: createLogger("bench", "warn"),
    metrics: createMetrics("bench"),
  };
  const stage = <S extends Stage>(options: Pick<RunStageOptions<S>, "stage" | "handler" | "modelId">) =>
    runStage<S>({ ...common, ...options, concurrency: CONCURRENCY[options.stage] });
  const runners = [
    stage({ stage: "classify", handler: async (message) => ({ ...message, modelId: MODEL_ID }) }),
    stage({
      stage: "invoke",
      modelId: MODEL_ID,
      async handler({ version, jobId, generation }) {
        await invoke();
        return { version, jobId, generation };
      },
    }),
    stage({
      stage: "settle",
      async handler({ jobId }) {
        ended.reached(jobId);
        return null;
      },
    }),
  ];
  return {
    async run(index) {
      const jobId = benchJobId(index);
      const end = ended.of(jobId);
      await summoner.summon("classify", { version: 1, jobId, generation: 1 });
      await end;
    },
    async close() {
      for (const runner of runners) await runner.drain(10_000);
      await summoner.close();
      redis.disconnect();
      worker.disconnect();
    },
  };
}
