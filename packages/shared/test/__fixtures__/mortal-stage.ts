import { connect, openSummoner, runStage } from "../../src/queues/index.ts";
import { createLogger, createMetrics } from "../../src/telemetry/index.ts";

// A worker of a stage that dies whenever it runs one job, as under `kill -9`, and writes into Redis what it saw.
const [url = "", prefix = "", stage = "classify", poison = ""] = process.argv.slice(2);
const redis = connect(url, "producer");
await new Promise((resolve) => redis.once("ready", resolve));
runStage({
  stage: stage as "classify" | "invoke",
  ...(stage === "invoke" ? { modelId: "sim-small" } : {}),
  redis: connect(url, "worker"),
  prefix,
  summoner: openSummoner(redis, prefix),
  async handler({ jobId }, { admitted }) {
    await redis.rpush(`${prefix}:starts`, jobId);
    if (jobId === poison) process.kill(process.pid, "SIGKILL");
    admitted?.();
    await redis.rpush(`${prefix}:done`, jobId);
    return null;
  },
  async onDeadLetter({ jobId }, { code }) {
    await redis.rpush(`${prefix}:given-up`, `${jobId} ${code}`);
    return null;
  },
  concurrency: 3,
  lockMs: 1_000,
  log: createLogger("test", "silent"),
  metrics: createMetrics("test"),
});
