import type { JobRow } from "@switchyard/shared/ledger";
import { connect, openAdmission, openSummoner, runStage } from "@switchyard/shared/queues";
import { writeOffWith } from "@switchyard/shared/service";
import { createLogger, createMetrics } from "@switchyard/shared/telemetry";
import { testRedis, uniquePrefix, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";
import { invokeWith } from "../src/invoke.ts";
import { usingWorld } from "./support.ts";

afterAll(watchLeaks());

/** What may pass between an admission and the provider's note of it, on a busy machine. */
const SLACK_MS = 500;

test("two workers of a model with a limit per minute never bill more than it allows, and finish every job", async () => {
  await using world = await usingWorld();
  const server = await testRedis();
  const prefix = uniquePrefix("{paced}");
  const producer = connect(server.url, "producer");
  const workers = [connect(server.url, "worker"), connect(server.url, "worker")];
  await waitFor(() => producer.status === "ready");
  const summoner = openSummoner(producer, prefix);
  const metrics = createMetrics("test");
  // A burst of 12, then one every 262 ms: slower than any machine makes these calls by itself.
  const limits = { requestsPerMinute: 240, tokensPerMinute: null, inFlight: null };
  const [burst, spacingMs] = [12, 60_000 / (240 - 12 + 1)];
  const model = { ...world.model, limits };
  const jobs: JobRow[] = await Promise.all(Array.from({ length: 24 }, () => world.job()));
  const handler = invokeWith({
    ...world,
    model,
    metrics,
    events: { publish: () => {} },
    admission: openAdmission(producer, prefix),
  });
  const runners = workers.map((redis) =>
    runStage({
      stage: "invoke",
      modelId: model.id,
      redis,
      prefix,
      summoner,
      handler,
      onDeadLetter: writeOffWith(world.ledger),
      concurrency: 8,
      log: createLogger("test", "silent"),
      metrics,
    }),
  );
  for (const { jobId, generation } of jobs)
    await summoner.summon("invoke", { version: 1, jobId, generation, modelId: model.id });
  await waitFor(() => world.simulator.bill().length === jobs.length, { timeoutMs: 20_000 });
  await Promise.all(runners.map((runner) => runner.drain(5_000)));
  const times = world.simulator.bill().map(({ startedAtMs }) => startedAtMs);
  times.sort((left, right) => left - right);
  for (const [first, from] of times.entries()) {
    for (const [last, to] of times.entries()) {
      const most = burst + 1 + (to - from + SLACK_MS) / spacingMs;
      expect(last - first + 1).toBeLessThanOrEqual(most);
    }
  }
  for (const job of jobs)
    expect((await world.view(job)).attempts).toMatchObject([{ n: 1, state: "settled" }]);
  expect(await metrics.registry.metrics()).toMatch(
    /limiter_refusals_total\{model="sim-small",limit="requests"/,
  );
  await summoner.close();
  for (const connection of [producer, ...workers]) connection.disconnect();
  await server.stop();
});
