import { connect } from "@switchyard/shared/queues";
import { startRedis, watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";
import { driver } from "./drive-job.ts";
import { ask, startApi } from "./support.ts";

afterAll(watchLeaks());

const STALE_MS = 30_000;
/** Lengths are measured once a second, and believed for ten. */
const WITHIN = { timeout: 20_000 };
/** What 1,000 waiting jobs are given. */
const WAIT_MS = 100_000;

test("a job that stands behind others is looked at later, but for its deadline or a summons that was lost", async () => {
  const redis = await startRedis();
  const api = await startApi({ SWEEP_STALE_MS: String(STALE_MS) }, { redisUrl: redis.url });
  const key = await api.createKey("acme");
  /** Until the sweeper looks at a job that was submitted now. */
  async function lookAfterMs(given: object = {}): Promise<number> {
    const answer = await ask(api.url, "POST /v1/jobs", { key, body: { input: "x", ...given } });
    expect(answer.status).toBe(202);
    const { attentionAt = 0, createdAt } = await driver(api).row(answer.body.id);
    return attentionAt - createdAt;
  }
  expect(await lookAfterMs()).toBeLessThan(STALE_MS + 1_000);

  const producer = connect(redis.url, "worker");
  const waiting = Array.from({ length: 1_000 }, (_, index) => [index, `i-${index}`]).flat();
  await producer.zadd(`${api.environment["QUEUE_PREFIX"]}:invoke.sim-small:prioritized`, ...waiting);
  await expect.poll(() => lookAfterMs(), WITHIN).toBeGreaterThanOrEqual(STALE_MS + WAIT_MS);
  const deadline = new Date(Date.now() + 60_000).toISOString();
  expect(await lookAfterMs({ deadline })).toBeLessThanOrEqual(60_001);

  producer.disconnect();
  await redis.kill("SIGKILL");
  // What was measured while Redis answered may be believed for some seconds yet.
  await expect.poll(() => lookAfterMs(), WITHIN).toBeLessThan(STALE_MS + 10_000);
  await redis.restart();
  await api.stop();
  await redis.stop();
}, 60_000);
