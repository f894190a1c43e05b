import { createLogger, createMetrics, type Metrics } from "@switchyard/shared/telemetry";
import { expect, onTestFinished, test, vi } from "vitest";
import type { LoadAnswer } from "./load.ts";
import { startPublisher } from "./publish-load.ts";

const LOAD: LoadAnswer = {
  ...{ asOf: "2026-01-01T00:00:00.000Z", load: 3, backlogTokenSeconds: 1, drainSeconds: 1 },
  queues: [
    {
      ...{ queue: "settle", stage: "settle", model: "none", paused: false, load: 3, waiting: 3 },
      ...{ prioritized: 0, active: 0, delayed: 0, dueDelayed: 0, oldestAgeSeconds: 1 },
      ...{ backlogTokenSeconds: 1, drainSeconds: 2 },
    },
  ],
};

async function shown(metrics: Metrics): Promise<string[]> {
  const text = await metrics.registry.metrics();
  return text.split("\n").filter((line) => /^switchyard_(queue|redis)_/.test(line));
}

function publishing(readNoEviction: () => Promise<boolean | null> = async () => true) {
  const metrics = createMetrics("ingest");
  const lease = { isHeld: false, take: async () => lease.isHeld, release: async () => {} };
  const readLoad = vi.fn(async () => LOAD);
  const log = createLogger("test", "silent");
  const publisher = startPublisher({ lease, readLoad, readNoEviction, metrics, log, intervalMs: 5 });
  onTestFinished(() => publisher.stop());
  return { metrics, lease, readLoad };
}

test("a process that has not the lease exports nothing of queues, not even a 0", async () => {
  const { metrics, lease, readLoad } = publishing();
  expect(await shown(metrics)).toEqual([]);
  expect(readLoad).not.toHaveBeenCalled();
  lease.isHeld = true;
  await vi.waitFor(async () => expect(await shown(metrics)).toHaveLength(11));
});

test("a process that lost the lease while it slept says nothing more, before it has noticed otherwise", async () => {
  const { metrics, lease } = publishing();
  lease.isHeld = true;
  await vi.waitFor(async () => expect(await shown(metrics)).not.toEqual([]));
  lease.isHeld = false;
  expect(await shown(metrics)).toEqual([]);
});

test("whether Redis may evict is told where Redis says it", async () => {
  const line = /^switchyard_redis_noeviction\{.*\} 0$/;
  const evicting = publishing(async () => false);
  evicting.lease.isHeld = true;
  await vi.waitFor(async () =>
    expect((await shown(evicting.metrics)).some((one) => line.test(one))).toBe(true),
  );
  const silent = publishing(async () => null);
  silent.lease.isHeld = true;
  await vi.waitFor(async () => expect(await shown(silent.metrics)).toHaveLength(10));
});

test("a round that fails leaves what the last one said, for as long as the lease is held", async () => {
  const { metrics, lease, readLoad } = publishing();
  lease.isHeld = true;
  await vi.waitFor(async () => expect(await shown(metrics)).toHaveLength(11));
  readLoad.mockRejectedValue(new Error("away"));
  const calls = readLoad.mock.calls.length;
  await vi.waitFor(() => expect(readLoad.mock.calls.length).toBeGreaterThan(calls + 1));
  expect(await shown(metrics)).toHaveLength(11);
});
