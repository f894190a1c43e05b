import { connect, openAdmission, openSummoner, runStage } from "@switchyard/shared/queues";
import { writeOffWith } from "@switchyard/shared/service";
import { createLogger, createMetrics } from "@switchyard/shared/telemetry";
import { startRedis, uniquePrefix, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";
import { invokeWith } from "../src/invoke.ts";
import { usingWorld } from "./support.ts";

afterAll(watchLeaks());

test("a call on the wire while Redis is full is paid once, written down, and handed on when there is room again", async () => {
  await using world = await usingWorld();
  const server = await startRedis();
  const prefix = uniquePrefix("{full}");
  const [producer, worker, admin] = [
    connect(server.url, "producer"),
    connect(server.url, "worker"),
    connect(server.url, "worker"),
  ];
  await waitFor(() => producer.status === "ready");
  const summoner = openSummoner(producer, prefix);
  const handedOn = () => admin.llen(`${prefix}:settle:wait`);
  const metrics = createMetrics("test");
  const job = await world.job();
  const [onTheWire, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const client = {
    ...world.client,
    async complete(request: Parameters<typeof world.client.complete>[0]) {
      onTheWire.resolve();
      await answer.promise;
      return world.client.complete(request);
    },
  };
  const runner = runStage({
    stage: "invoke",
    modelId: world.model.id,
    redis: worker,
    prefix,
    summoner,
    handler: invokeWith({
      ...world,
      client,
      metrics,
      log: createLogger("test", "silent"),
      events: { publish: () => {} },
      admission: openAdmission(producer, prefix),
    }),
    onDeadLetter: writeOffWith(world.ledger),
    concurrency: 2,
    // So short that the lock is lost meanwhile, and another run is due.
    lockMs: 1_000,
    log: createLogger("test", "silent"),
    metrics,
  });
  const { jobId, generation } = job;
  await summoner.summon("invoke", { version: 1, jobId, generation, modelId: world.model.id });
  await onTheWire.promise;
  await admin.config("SET", "maxmemory", "1");
  answer.resolve();
  await waitFor(async () => (await world.view(job)).attempts[0]?.state === "settled");
  expect(await handedOn()).toBe(0);
  await admin.config("SET", "maxmemory", "0");
  await waitFor(async () => (await handedOn()) === 1, { timeoutMs: 20_000 });
  expect(world.billed(job)).toHaveLength(1);
  expect((await world.view(job)).attempts).toMatchObject([{ n: 1, state: "settled" }]);
  await runner.drain(1_000);
  await summoner.close();
  for (const connection of [producer, worker, admin]) connection.disconnect();
  await server.stop();
});
