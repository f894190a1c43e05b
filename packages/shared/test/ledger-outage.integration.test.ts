import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { startLossyDynamodb, uniquePrefix, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SwitchyardError } from "../src/errors/index.ts";
import { openLedger } from "../src/ledger/index.ts";
import { newIntent, newJob, type TestLedger, usingLedger } from "./support.ts";

afterAll(watchLeaks());

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await usingLedger();
});
afterAll(() => ledger[Symbol.asyncDispose]());

test.concurrent("a table that is missing is the ledger being unavailable: to be tried again, never a dead letter", async () => {
  const lost = openLedger({ ...ledger.options, tableName: uniquePrefix("missing") });
  await expectUnavailable(() => lost.ping(), "create the table first");
  await expectUnavailable(() => lost.jobs.accept(newJob()));
  await expectUnavailable(() => lost.attempts.intend(newIntent()));
  await expectUnavailable(() => lost.jobs.due(0, 1));
  await expectUnavailable(() => lost.leases.hold("a", "b", 1));
  lost.close();
});

test.concurrent("a refused connection is told within two seconds as the ledger being unavailable", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const lost = openLedger({ ...ledger.options, endpoint: `http://127.0.0.1:${port}` });
  const startMs = performance.now();
  await Promise.all([
    expectUnavailable(() => lost.ping()),
    expectUnavailable(() => lost.jobs.accept(newJob())),
    expectUnavailable(() => lost.jobs.due(0, 1)),
  ]);
  expect(performance.now() - startMs).toBeLessThan(2_000);
  lost.close();
});

test.concurrent("an endpoint that never answers is told within twelve seconds: three tries of three", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const lost = openLedger({ ...ledger.options, endpoint: `http://127.0.0.1:${port}` });
  const startMs = performance.now();
  await expectUnavailable(() => lost.ping());
  expect(performance.now() - startMs).toBeLessThan(12_000);
  expect(sockets).toHaveLength(3);
  lost.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

test.concurrent("whoever's time is over waits no longer, asks no more, and has no write sent again", async () => {
  let connections = 0;
  const time = new AbortController();
  // Each connection is cut as soon as it speaks, which is worth another try to the client.
  const server = createServer((socket) => {
    connections += 1;
    socket.once("data", () => {
      time.abort();
      socket.destroy();
    });
    socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const lost = openLedger({ ...ledger.options, endpoint: `http://127.0.0.1:${port}` });
  const hurried = lost.within(time.signal);
  await expectUnavailable(() => hurried.jobs.accept(newJob()), "in time");
  await expectUnavailable(() => hurried.jobs.read("job"), "in time");
  await expectUnavailable(() => hurried.attempts.intend(newIntent()), "in time");
  // Another's three tries are later than those that the first would have made.
  await expectUnavailable(() => lost.jobs.accept(newJob()));
  expect(connections).toBe(1 + 3);
  lost.close();
  server.close();
});

test.concurrent("a batch that is answered bit by bit is carried out whole, however many rounds it takes", async () => {
  const way = await startLossyDynamodb(ledger.options.endpoint as string);
  const slow = await usingLedger({ sharing: ledger, endpoint: way.url });
  const items = Array.from({ length: 24 }, (_, index) => ({ pk: `B#${index}`, sk: "x", index }));
  way.answerAtMost(2);
  await Promise.all(items.map((item) => slow.store.put(item)));
  const found = await Promise.all(items.map((item) => slow.store.get(item)));
  expect(found).toEqual(items);
  await slow[Symbol.asyncDispose]();
  await way.close();
});

test.concurrent("a batch of which nothing is answered any more is the ledger being unavailable", async () => {
  const way = await startLossyDynamodb(ledger.options.endpoint as string);
  const stuck = await usingLedger({ sharing: ledger, endpoint: way.url });
  way.answerAtMost(0);
  await expectUnavailable(() => stuck.ping());
  await stuck[Symbol.asyncDispose]();
  await way.close();
});

async function expectUnavailable(send: () => Promise<unknown>, text = "DynamoDB"): Promise<void> {
  const error = await send().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SwitchyardError);
  expect(error).toMatchObject({ code: "LEDGER_UNAVAILABLE", isRetriable: true });
  expect((error as SwitchyardError).message).toContain(text);
  expect((error as SwitchyardError).cause).toBeInstanceOf(Error);
}
