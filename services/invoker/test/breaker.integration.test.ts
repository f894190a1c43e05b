import type { JobRow } from "@switchyard/shared/ledger";
import { connect, openAdmission, openSummoner, runStage } from "@switchyard/shared/queues";
import { writeOffWith } from "@switchyard/shared/service";
import { createLogger, createMetrics } from "@switchyard/shared/telemetry";
import { testRedis, uniquePrefix, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";
import { exportBreakers } from "../src/export-metrics.ts";
import { invokeWith } from "../src/invoke.ts";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

/** The world's stage invoke as several workers with connections of their own. */
async function startPool(world: World, workers: number) {
  const server = await testRedis();
  const prefix = uniquePrefix("{breaker}");
  const connections = Array.from({ length: workers }, () => connect(server.url, "worker"));
  const producers = Array.from({ length: workers }, () => connect(server.url, "producer"));
  await waitFor(() => producers.every(({ status }) => status === "ready"));
  const [producer] = producers as [(typeof producers)[number]];
  const summoner = openSummoner(producer, prefix);
  const metrics = createMetrics("test");
  const calls: { atMs: number; outcome: string }[] = [];
  const client = {
    ...world.client,
    async complete(request: Parameters<typeof world.client.complete>[0]) {
      const atMs = performance.now();
      const outcome = await world.client.complete(request);
      calls.push({ atMs, outcome: outcome.kind });
      return outcome;
    },
  };
  exportBreakers(metrics, openAdmission(producer, prefix), [world.model.id]);
  const runners = connections.map((redis, index) =>
    runStage({
      stage: "invoke",
      modelId: world.model.id,
      redis,
      prefix,
      summoner,
      handler: invokeWith({
        ...world,
        summoner,
        client,
        metrics,
        events: { publish: () => {} },
        admission: openAdmission(producers[index] as (typeof producers)[number], prefix),
      }),
      onDeadLetter: writeOffWith(world.ledger),
      concurrency: 4,
      log: createLogger("test", "silent"),
      metrics,
    }),
  );
  return {
    calls,
    metrics,
    summon: ({ jobId, generation }: JobRow) =>
      summoner.summon("invoke", { version: 1, jobId, generation, modelId: world.model.id }),
    async [Symbol.asyncDispose]() {
      await Promise.all(runners.map((runner) => runner.drain(2_000)));
      await summoner.close();
      for (const connection of [...connections, ...producers]) connection.disconnect();
      await server.stop();
    },
  };
}

const isOpen = (text: string, reason: string) =>
  new RegExp(`switchyard_breaker_open\\{model="sim-small",reason="${reason}".*\\} 1`).test(text);

test.each([
  ["500", "failures"],
  ["401", "key_refused"],
] as const)(
  "a provider that answers %s is left alone but for single probes; its jobs are held, and done once it works",
  async (fault, reason) => {
    await using world = await usingWorld();
    await using pool = await startPool(world, 4);
    world.simulator.setFaults({ [fault]: 1 });
    const jobs = await Promise.all(Array.from({ length: 40 }, () => world.job()));
    for (const job of jobs) await pool.summon(job);
    await waitFor(async () => isOpen(await pool.metrics.registry.metrics(), reason), { timeoutMs: 10_000 });
    const openedAt = performance.now();
    const hasProbedTwice = async () =>
      /reason="probe_failed".*\} [2-9]/.test(await pool.metrics.registry.metrics());
    await waitFor(hasProbedTwice, { timeoutMs: 30_000 });
    const seconds = (performance.now() - openedAt) / 1_000;
    // What was on the wire when it opened, the four times four of the workers at most, and then one a second.
    expect(pool.calls.filter(({ atMs }) => atMs > openedAt).length).toBeLessThanOrEqual(16 + seconds);
    for (const job of jobs) expect((await world.view(job)).job.failure).toBeUndefined();

    world.simulator.setFaults({});
    await waitFor(() => world.simulator.bill().length === jobs.length, { timeoutMs: 60_000 });
    await waitFor(
      async () => {
        const views = await Promise.all(jobs.map((job) => world.view(job)));
        return views.every(({ attempts }) => attempts.at(-1)?.state === "settled");
      },
      { timeoutMs: 10_000 },
    );
    const text = await pool.metrics.registry.metrics();
    expect(isOpen(text, reason)).toBe(false);
    expect(text).toMatch(
      new RegExp(`turns_total\\{model="sim-small",to="open",reason="${reason}".*\\} [1-9]`),
    );
    expect(text).toMatch(/turns_total\{model="sim-small",to="closed",reason="probe_succeeded".*\} [1-9]/);
  },
  90_000,
);

test("a probe is marked on its row and uses up no attempt of its job", async () => {
  await using world = await usingWorld();
  const { admission } = world;
  const scope = { kind: "model" as const, id: world.model.id, limits: world.model.limits };
  const reservation = { reservationId: "first", scopes: [scope], tokens: 1, leaseMs: 1_000 };
  await admission.admit(reservation);
  await admission.release(reservation, 0, "key_refused");
  const job = await world.job();
  const refused = await world.run(job, { admission }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "LIMIT_REACHED", message: expect.stringContaining("breaker") });
  const rowsAfterFailing = async () => {
    await world.run(job, { admission, providerModel: "fault-503" }).catch(() => null);
    return (await world.view(job)).attempts.length;
  };
  await expect.poll(rowsAfterFailing, { timeout: 20_000 }).toBe(2);
  expect((await world.view(job)).attempts).toMatchObject([{ isProbe: true }, { isProbe: true }]);
  await expect
    .poll(() => world.run(job, { admission }).catch(() => null), { timeout: 20_000, interval: 200 })
    .toMatchObject({ attempt: { n: 3 } });
}, 40_000);
