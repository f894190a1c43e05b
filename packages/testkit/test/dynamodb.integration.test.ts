import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, inject, test } from "vitest";
import { startDynamodb, startDynamodbProcess, testDynamodb, uniquePrefix, watchLeaks } from "../src/index.ts";
import { askDynamodb, createTable } from "./ask-dynamodb.ts";

afterAll(watchLeaks());

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function stoppedLater<T extends { stop(): Promise<void> }>(server: T): T {
  cleanups.push(() => server.stop());
  return server;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-test-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const ITEM = { id: { S: "1" }, note: { S: "kept" } };

async function putItem(url: string): Promise<void> {
  await createTable(url, "items");
  expect(await askDynamodb(url, "PutItem", { TableName: "items", Item: ITEM })).toEqual({});
}

async function getItem(url: string): Promise<unknown> {
  return askDynamodb(url, "GetItem", { TableName: "items", Key: { id: { S: "1" } } });
}

test("an item put is an item got", async () => {
  const dynamodb = stoppedLater(await startDynamodb());
  await putItem(dynamodb.url);
  expect(await getItem(dynamodb.url)).toEqual({ Item: ITEM });
});

test("a dynamodb with a data folder keeps its tables from one start to the next", async () => {
  const dataDir = await temporaryFolder();
  const first = await startDynamodb({ dataDir });
  await putItem(first.url);
  await first.stop();
  await first.stop();
  const second = stoppedLater(await startDynamodb({ dataDir }));
  expect(await getItem(second.url)).toEqual({ Item: ITEM });
});

test("a dynamodb process keeps its data through a kill and a restart on the same port", async () => {
  const dynamodb = stoppedLater(await startDynamodbProcess());
  await putItem(dynamodb.url);
  const { url, pid } = dynamodb;
  await dynamodb.kill("SIGKILL");
  await expect(fetch(url)).rejects.toThrow("fetch failed");
  await dynamodb.restart();
  expect(dynamodb.url).toBe(url);
  expect(dynamodb.pid).not.toBe(pid);
  expect(await getItem(url)).toEqual({ Item: ITEM });
});

test("a client that dies in the middle of a request does not take the server with it", async () => {
  const dynamodb = stoppedLater(await startDynamodbProcess());
  const { hostname, port } = new URL(dynamodb.url);
  for (let round = 0; round < 3; round += 1) {
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf");
    socket.resetAndDestroy();
    await once(socket, "close");
  }
  await putItem(dynamodb.url);
  expect(await getItem(dynamodb.url)).toEqual({ Item: ITEM });
});

test("the dynamodb shared by all test files is the one they are told of", async () => {
  const dynamodb = await testDynamodb();
  expect(dynamodb.url).toBe(inject("dynamodbUrl"));
  const table = uniquePrefix();
  await createTable(dynamodb.url, table);
  // Not ListTables: it answers the first hundred, and all test files have tables there.
  const { Table } = await askDynamodb(inject("dynamodbUrl"), "DescribeTable", { TableName: table });
  expect(Table).toMatchObject({ TableName: table });
});
