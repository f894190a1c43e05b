import { parseArgs } from "node:util";
import { promptOf } from "../prompts.ts";
import { openHop } from "../queue-plane/hop.ts";
import { openPlane } from "../queue-plane/plane.ts";
import { openLoop } from "./arrivals.ts";

// One side in a process of its own. It notes when each job is sent, when its work begins, and when its end is seen.
const { values } = parseArgs({
  options: {
    side: { type: "string", default: "plane" },
    redis: { type: "string", default: "redis://127.0.0.1:6379" },
    jobs: { type: "string", default: "200" },
    rate: { type: "string", default: "25" },
    seed: { type: "string", default: "1" },
  },
});
/** The work begins in the order of sending: at this rate a job rarely meets another, and then they queue. */
const begun: number[] = [];
const work = async () => void begun.push(performance.now());
const subject =
  values.side === "plane"
    ? await openPlane(values.redis, work)
    : openHop({ redisUrl: values.redis, prompt: promptOf(0), concurrency: 50, process: work });
const count = Number(values.jobs);
const sent: number[] = [];
const ended: number[] = [];
const warmUp = Math.ceil(count / 4);
const run = async (index: number) => {
  sent[index] = performance.now();
  await subject.run(index);
  ended[index] = performance.now();
};
await openLoop({ count: warmUp + count, perSecond: Number(values.rate), seed: Number(values.seed) }, run);
await subject.close();
const times = sent.map((at, index) => ({
  beforeMs: (begun[index] ?? Number.NaN) - at,
  afterMs: (ended[index] ?? Number.NaN) - (begun[index] ?? Number.NaN),
}));
process.stdout.write(`result ${JSON.stringify(times.slice(warmUp))}\n`);
