import { type RunningRedis, startRedis, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { connect, openSharedClock, type RedisConnection } from "../src/queues/index.ts";

afterAll(watchLeaks());

const HOUR_MS = 3_600_000;
/** A busy machine may take so long between two readings; a clock that is wrong is wrong by an hour here. */
const NEAR_MS = 5_000;

let server: RunningRedis;
let redis: RedisConnection;
const ownTime = Date.now;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  redis = connect(server.url, "producer");
  await vi.waitUntil(() => redis.status === "ready");
});
afterEach(() => {
  vi.restoreAllMocks();
  redis.disconnect();
});

test.each([HOUR_MS, -HOUR_MS])(
  "a machine that is %i ms wrong goes by the clock of Redis",
  async (wrongMs) => {
    vi.spyOn(Date, "now").mockImplementation(() => ownTime() + wrongMs);
    const clock = openSharedClock(redis);
    try {
      expect(Math.abs(clock.now() - ownTime())).toBeGreaterThan(HOUR_MS - NEAR_MS);
      await clock.sync();
      expect(Math.abs(clock.now() - ownTime())).toBeLessThan(NEAR_MS);
    } finally {
      clock.close();
    }
  },
);

test("a clock that is set while a process runs changes nothing, also while Redis is away", async () => {
  const clock = openSharedClock(redis);
  try {
    await clock.sync();
    await server.kill("SIGKILL");
    await expect(clock.sync()).rejects.toThrow();
    vi.spyOn(Date, "now").mockImplementation(() => ownTime() - HOUR_MS);
    expect(Math.abs(clock.now() - ownTime())).toBeLessThan(NEAR_MS);
  } finally {
    clock.close();
    await server.restart();
  }
});
