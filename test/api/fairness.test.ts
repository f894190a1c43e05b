import { connect } from "@switchyard/shared/queues";
import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, startSystem } from "./system.ts";

afterAll(watchLeaks());

const MODEL = "sim-small";
let system: System;
beforeAll(async () => {
  // One call at a time: the bill then shows in which order jobs were served, however fast the machine is.
  const environment = { INVOKER_CONCURRENCY: "1", INVOKER_MODELS: MODEL };
  system = await startSystem({ environment, latencyScale: 0, invokes: false });
});
afterAll(() => system.stop());

/** Submits as many jobs of a tenant and answers their ids, once they all wait for the model. */
async function queued(tenant: string, count: number, priority?: string): Promise<string[]> {
  const item = { input: "What is the capital of France?", model: MODEL, priority };
  const response = await fetch(`${system.url}/v1/jobs/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${await system.keyOf(tenant)}`, "content-type": "application/json" },
    body: JSON.stringify(Array(count).fill(item)),
  });
  const { items } = (await response.json()) as { items: { id: string }[] };
  const ids = items.map(({ id }) => id);
  const redis = connect(system.redisUrl, "subscriber");
  const isWaiting = async (id: string) =>
    (await redis.zscore(`${system.queuePrefix}:invoke.${MODEL}:prioritized`, `i-${id}-g1`)) !== null;
  await waitFor(async () => (await Promise.all(ids.map(isWaiting))).every(Boolean), { timeoutMs: 30_000 });
  redis.disconnect();
  return ids;
}

test("a tenant with a long backlog holds up nobody else, and within a tenant a high priority goes first", async () => {
  const backlog = await queued("hog", 300);
  const polite = [await queued("first", 5), await queued("second", 5)];
  const low = await queued("third", 4, "low");
  const high = await queued("third", 4, "high");
  await system.startInvoker();
  const all = [...polite.flat(), ...low, ...high];
  const served = () => system.simulator.bill().map(({ jobId }) => jobId as string);
  await waitFor(() => all.every((id) => served().includes(id)), { timeoutMs: 60_000 });
  const order = served();
  const placesOf = (ids: string[]) => ids.map((id) => order.indexOf(id)).sort((a, b) => a - b);
  const beforeLast = (ids: string[]) => order.slice(0, Math.max(...placesOf(ids)));
  const ofBacklog = (ids: string[]) => ids.filter((id) => backlog.includes(id)).length;
  // Five rounds of one each, and the one whose turn it was.
  for (const ids of polite) expect(ofBacklog(beforeLast(ids))).toBeLessThanOrEqual(6);
  expect(Math.max(...placesOf(high))).toBeLessThan(placesOf(low)[1] as number);
  expect(ofBacklog(beforeLast(low))).toBeLessThanOrEqual(4 * 2 + 1);
});
