import { parseArgs } from "node:util";
import { closedLoop } from "../closed-loop.ts";
import { ownCpuMs } from "../meters/process-cpu.ts";
import { openRedisMeter, since } from "../meters/redis-meter.ts";
import { promptOf } from "../prompts.ts";
import { openHop } from "./hop.ts";
import { openPlane } from "./plane.ts";
import type { QueueRun } from "./queue-run.ts";
import { sdkCall } from "./sdk-call.ts";

// One side of a benchmark in a process of its own, so that neither warms or burdens the other.
const { values } = parseArgs({
  options: {
    side: { type: "string", default: "plane" },
    redis: { type: "string", default: "redis://127.0.0.1:6379" },
    provider: { type: "string", default: "none" },
    jobs: { type: "string", default: "16000" },
    "in-flight": { type: "string", default: "512" },
  },
});

/** The best of 1, 50, 200 and 500 for a hop whose work takes no time; a call gets what the product gives it. */
const HOP = { concurrency: 50, process: async () => {} };
const SDK_HOP = { concurrency: 64, process: sdkCall(values.provider) };

const jobs = Number(values.jobs);
const inFlight = Number(values["in-flight"]);
const warmUpJobs = Math.ceil(jobs / 4);
const work = values.side === "hop" ? HOP : SDK_HOP;
const subject =
  values.side === "plane"
    ? await openPlane(values.redis)
    : openHop({ redisUrl: values.redis, prompt: promptOf(0), ...work });
const meter = openRedisMeter(values.redis);
await closedLoop({ count: warmUpJobs, inFlight }, (index) => subject.run(index));
const before = { redis: await meter.read(), cpuMs: ownCpuMs(), atMs: performance.now() };
await closedLoop({ count: jobs, inFlight }, (index) => subject.run(warmUpJobs + index));
const seconds = (performance.now() - before.atMs) / 1_000;
const nodeCpuMs = ownCpuMs() - before.cpuMs;
const redis = since(before.redis, await meter.read());
meter.close();
await subject.close();
const run: QueueRun = { jobs, seconds, nodeCpuMs, redis };
process.stdout.write(`result ${JSON.stringify(run)}\n`);
