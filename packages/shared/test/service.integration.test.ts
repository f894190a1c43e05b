import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import {
  startDynamodb,
  startRedis,
  testDynamodb,
  testRedis,
  uniquePrefix,
  waitFor,
  watchLeaks,
} from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BaseConfig, baseSettings, readEnvironment } from "../src/config/index.ts";
import { SwitchyardError } from "../src/errors/index.ts";
import { tableDefinition } from "../src/ledger/index.ts";
import { connect } from "../src/queues/index.ts";
import { openOperations, openService, readCatalogue, writeOffWith } from "../src/service/index.ts";
import { acceptedJob, newJob, type TestLedger, usingLedger } from "./support.ts";

afterAll(watchLeaks());

async function configOf(overrides: Record<string, string> = {}): Promise<BaseConfig> {
  const [redis, dynamodb] = [await testRedis(), await testDynamodb()];
  const environment = {
    REDIS_URL: redis.url,
    DYNAMODB_ENDPOINT: dynamodb.url,
    DYNAMODB_TABLE: uniquePrefix("service"),
    DYNAMODB_CREATE_TABLE: "true",
    QUEUE_PREFIX: uniquePrefix("service"),
    OPS_HOST: "127.0.0.1",
    OPS_PORT: "0",
    LOG_LEVEL: "silent",
    ...overrides,
  };
  return readEnvironment(baseSettings, { environment, readFile: () => "" });
}

describe("a service", () => {
  test("opens everything, tells its readiness, and closes all of it, any number of times", async () => {
    const service = await openService("test", await configOf(), {});
    const operations = await openOperations(service);
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${operations.port}${path}`);
      return { status: response.status, text: await response.text() };
    };
    expect((await ask("/healthz/ready")).status).toBe(503);
    service.lifecycle.markReady();
    expect(await ask("/healthz/ready")).toMatchObject({ status: 200 });
    const subscriber = service.connect("subscriber");
    await waitFor(() => subscriber.status === "ready");
    const { text } = await ask("/metrics");
    expect(text).toMatch(/switchyard_ledger_requests_total\{.*operation="BatchGetItem".*\} \d/);
    await Promise.all([service.lifecycle.stop(), service.lifecycle.stop()]);
    await service.lifecycle.stop();
    await expect(ask("/healthz/live")).rejects.toThrow();
    await waitFor(() => service.redis.status === "end" && subscriber.status === "end");
  });

  test("is not ready while its ledger cannot be read, and alive all the same", async () => {
    const dynamodb = await startDynamodb();
    const service = await openService("test", await configOf({ DYNAMODB_ENDPOINT: dynamodb.url }), {});
    const operations = await openOperations(service);
    service.lifecycle.markReady();
    await dynamodb.stop();
    const ready = await fetch(`http://127.0.0.1:${operations.port}/healthz/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ problems: { ledger: expect.any(String) } });
    const live = await fetch(`http://127.0.0.1:${operations.port}/healthz/live`);
    expect(live.status).toBe(200);
    await live.text();
    await service.lifecycle.stop();
  });

  test("waits for a table that is still to be made, and does not run on one that is not as it needs it", async () => {
    const config = await configOf({ DYNAMODB_CREATE_TABLE: "false" });
    const opening = openService("test", config, {});
    await using ledger = await usingLedger({ tableName: config.dynamodbTable });
    await (await opening).lifecycle.stop();
    const name = uniquePrefix("wrong");
    const { AttributeDefinitions: attributes = [], KeySchema, BillingMode } = tableDefinition(name);
    const wrong = { AttributeDefinitions: attributes.slice(0, 2), KeySchema, BillingMode, TableName: name };
    await ledger.store.client.send(new CreateTableCommand(wrong));
    const refused = openService("test", await configOf({ DYNAMODB_TABLE: name }), {});
    await expect(refused).rejects.toMatchObject({ code: "LEDGER_UNSUITABLE" });
    await expect(refused).rejects.toThrow('the index "tenant" is missing');
  });

  test("refuses to start on a Redis that evicts", async () => {
    const evicting = await startRedis();
    const admin = connect(evicting.url, "worker");
    await admin.config("SET", "maxmemory-policy", "volatile-lru");
    admin.disconnect();
    const opened = openService("test", await configOf({ REDIS_URL: evicting.url }), {});
    await expect(opened).rejects.toMatchObject({ code: "REDIS_UNSUITABLE" });
    await evicting.stop();
  });
});

describe("the catalogue of a service", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-catalogue-"));
    return () => rm(folder, { recursive: true });
  });

  test("is the shipped one unless another file is named", () => {
    const { catalogue, prices } = readCatalogue({ catalogueFile: null, pricesFile: null }, {});
    expect(catalogue.models.size).toBeGreaterThan(0);
    expect(prices.has("simulated/sim-small")).toBe(true);
  });

  test("that cannot be read says which variable to set", () => {
    const missing = join(folder, "missing.yaml");
    expect(() => readCatalogue({ catalogueFile: missing, pricesFile: null }, {})).toThrow(
      `cannot read ${missing}; set SWITCHYARD_CONFIG to a readable file`,
    );
    expect(() => readCatalogue({ catalogueFile: null, pricesFile: missing }, {})).toThrow(
      "set SWITCHYARD_PRICES to a readable file",
    );
  });

  test("that is wrong is refused with file and line", async () => {
    const catalogueFile = join(folder, "wrong.yaml");
    await writeFile(catalogueFile, "version: 1\nmodells: {}\n");
    expect(() => readCatalogue({ catalogueFile, pricesFile: null }, {})).toThrow(/wrong\.yaml:2:/);
  });

  test("that is wrong is told together with what is wrong with the price book", async () => {
    const [catalogueFile, pricesFile] = [join(folder, "both.yaml"), join(folder, "both.json")];
    await writeFile(catalogueFile, "version: 1\nmodells: {}\n");
    await writeFile(pricesFile, "{}");
    const read = () => readCatalogue({ catalogueFile, pricesFile }, {});
    expect(read).toThrow(/^both\.json:1:1 [\s\S]*^both\.yaml:2:/m);
  });
});

describe("writing a job off", () => {
  let ledger: TestLedger;
  const error = new SwitchyardError("ROUTE_MISSING", "nobody takes it");

  beforeAll(async () => {
    ledger = await usingLedger();
    return () => ledger[Symbol.asyncDispose]();
  });

  test("puts the reason on the row and asks settle to end the job", async () => {
    const { jobId } = await acceptedJob(ledger);
    const message = { version: 1, jobId, generation: 1 };
    expect(await writeOffWith(ledger)({ jobId, generation: 1 }, error)).toEqual(message);
    expect(await ledger.jobs.read(jobId)).toMatchObject({
      failure: { code: "ROUTE_MISSING", message: "nobody takes it" },
      dueStage: "settle",
    });
  });

  test("keeps the first reason when it comes twice, and summons settle again", async () => {
    const { jobId } = await acceptedJob(ledger);
    const off = writeOffWith(ledger);
    await off({ jobId, generation: 1 }, error);
    const before = await ledger.jobs.read(jobId);
    const second = new SwitchyardError("PRICE_UNKNOWN", "second");
    expect(await off({ jobId, generation: 1 }, second)).not.toBeNull();
    expect(await ledger.jobs.read(jobId)).toEqual(before);
  });

  test("leaves alone what has ended, is not there, or is of another generation", async () => {
    const off = writeOffWith(ledger);
    const ended = await acceptedJob(ledger);
    await ledger.jobs.end(ended, { status: "succeeded", costPicoUsd: 1n, counted: [] });
    const running = await acceptedJob(ledger);
    expect(await off({ jobId: ended.jobId, generation: 1 }, error)).toBeNull();
    expect(await off({ jobId: newJob().jobId, generation: 1 }, error)).toBeNull();
    expect(await off({ jobId: running.jobId, generation: 2 }, error)).toBeNull();
    expect(await ledger.jobs.read(running.jobId)).toEqual(running);
  });

  test("that loses the race for the row comes again, rather than losing the job", async () => {
    const { jobId } = await acceptedJob(ledger);
    const slow = { ...ledger, jobs: { ...ledger.jobs, read: readThenMove } };
    async function readThenMove(id: string) {
      const seen = await ledger.jobs.read(id);
      if (seen !== null) await ledger.jobs.cancel(seen);
      return seen;
    }
    await expect(writeOffWith(slow)({ jobId, generation: 1 }, error)).rejects.toMatchObject({
      code: "ROW_CONFLICT",
      isRetriable: true,
    });
  });
});
