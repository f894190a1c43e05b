import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { IMAGES, whyNoContainer } from "../src/containers.ts";
import { mayHaveEngine } from "../src/docker-engine.ts";
import { testDynamodb, testRedis, watchLeaks } from "../src/index.ts";

afterAll(watchLeaks());

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-engine-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const NOWHERE = { DOCKER_HOST: "unix:///nowhere/docker.sock" };

test("an address in the environment comes first, even where containers are demanded", async () => {
  const environment = {
    ...NOWHERE,
    TEST_CONTAINERS: "1",
    TEST_REDIS_URL: inject("redisUrl"),
    TEST_DYNAMODB_URL: inject("dynamodbUrl"),
  };
  expect((await testRedis(environment)).how).toBe("TEST_REDIS_URL");
  expect((await testDynamodb(environment)).how).toBe("TEST_DYNAMODB_URL");
});

test.each([
  ["where no engine answers", NOWHERE],
  ["where containers are switched off", { TEST_CONTAINERS: "0" }],
])("%s, local servers are started", async (_, environment) => {
  const [redis, dynamodb] = [await testRedis(environment), await testDynamodb(environment)];
  try {
    expect([redis.how, dynamodb.how]).toEqual([
      expect.stringMatching(/^redis-server .* started here$/),
      "dynalite started here",
    ]);
  } finally {
    await redis.stop();
    await dynamodb.stop();
  }
});

test("containers that are demanded and cannot be had are an error that says why", async () => {
  const environment = { ...NOWHERE, TEST_CONTAINERS: "1" };
  await expect(testRedis(environment)).rejects.toThrow(
    `TEST_CONTAINERS=1 demands a container of ${IMAGES.redis}, but no Docker engine answers`,
  );
  await expect(testDynamodb(environment)).rejects.toThrow(IMAGES.dynamodb);
});

test.each([
  ["its socket is missing", NOWHERE],
  ["its port is closed", { DOCKER_HOST: "tcp://127.0.0.1:1" }],
  // Packets to this network, which is reserved for documents, are answered by nobody.
  ["its host is silent", { DOCKER_HOST: "tcp://192.0.2.1:2375" }],
  ["its address is none", { DOCKER_HOST: "nonsense" }],
])("that no engine is there is known within 100 ms (%s)", async (_, environment) => {
  const startedAt = performance.now();
  const why = await whyNoContainer(IMAGES.redis, environment);
  expect(performance.now() - startedAt).toBeLessThan(100);
  expect(why).toBe("no Docker engine answers");
});

test("an engine is looked for at DOCKER_HOST, and where testcontainers is configured to look", async () => {
  const path = join(folder, "docker.sock");
  const server = createServer((socket) => socket.end()).listen(path);
  await new Promise((resolve) => server.once("listening", resolve));
  expect(await mayHaveEngine({ DOCKER_HOST: `unix://${path}` })).toBe(true);
  expect(await mayHaveEngine({ XDG_RUNTIME_DIR: folder })).toBe(true);
  await writeFile(join(folder, ".testcontainers.properties"), `docker.host = unix://${path}\n`);
  expect(await mayHaveEngine({ HOME: folder })).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});
