import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { SCOPES } from "@switchyard/shared/ledger";
import { connect } from "@switchyard/shared/queues";
import { startDynamodbProcess, startRedis, testRedis, watchLeaks } from "@switchyard/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { nameOf, ROUTES } from "./routes.ts";
import { type Api, type Ask, ask, jobRowsIn, startApi } from "./support.ts";

afterAll(watchLeaks());

const body = { input: "x" };

/** How long an answer took. */
async function timed<T>(work: Promise<T>): Promise<{ answer: T; ms: number }> {
  const startedAt = performance.now();
  return { answer: await work, ms: performance.now() - startedAt };
}

describe("without Redis", () => {
  test.each(["killed", "frozen"])(
    "a submit is stored, and answered once Redis has had its 2 s (%s)",
    async (how) => {
      const redis = await startRedis();
      const api = await startApi({}, { redisUrl: redis.url });
      const key = await api.createKey("acme");
      expect((await ask(api.url, "POST /v1/jobs", { key, body })).status).toBe(202);
      await redis.kill(how === "killed" ? "SIGKILL" : "SIGSTOP");

      const submits = await Promise.all(
        Array.from({ length: 20 }, () => timed(ask(api.url, "POST /v1/jobs", { key, body }))),
      );
      for (const { answer, ms } of submits) {
        expect(answer.status).toBe(202);
        expect(ms).toBeLessThan(3_500);
      }
      const jobId = submits[0]?.answer.body.id;
      expect((await ask(api.url, `GET /v1/jobs/${jobId}`, { key })).status).toBe(200);
      const cancelled = await timed(ask(api.url, `POST /v1/jobs/${jobId}/cancel`, { key }));
      expect(cancelled.answer.status).toBe(202);
      expect(cancelled.ms).toBeLessThan(3_500);
      const headers = { prefer: "wait=1", "if-none-match": '"2"' };
      expect((await ask(api.url, `GET /v1/jobs/${jobId}`, { key, headers })).status).toBe(304);
      expect(await jobRowsIn(api)).toHaveLength(21);
      // The rows say which stage is due and when to look, which is all that the sweeper needs.
      const { jobIds } = await api.ledger.jobs.due(Date.now() + 3_600_000, 100);
      expect(jobIds).toContain(submits[1]?.answer.body.id);
      const ready = await ask(`http://127.0.0.1:${api.opsPort}`, "GET /healthz/ready");
      const live = await ask(`http://127.0.0.1:${api.opsPort}`, "GET /healthz/live");
      expect([ready.status, live.status]).toEqual([503, 200]);

      if (how === "frozen") await redis.kill("SIGCONT");
      else await redis.restart();
      await expect.poll(() => isSummoned(api, redis.url, key), { timeout: 10_000 }).toBe(true);
      await api.stop();
      await redis.stop();
    },
  );
});

test("a batch waits for a silent Redis once, not with every fifty items", async () => {
  const redis = await startRedis();
  const api = await startApi({}, { redisUrl: redis.url });
  const key = await api.createKey("acme");
  expect((await ask(api.url, "POST /v1/jobs", { key, body })).status).toBe(202);
  await redis.kill("SIGSTOP");
  const batch = Array.from({ length: 500 }, (_, index) => ({ input: `${index}` }));
  const { answer, ms } = await timed(ask(api.url, "POST /v1/jobs/batch", { key, body: batch }));
  expect(answer.body).toMatchObject({ accepted: 500, rejected: 0 });
  // Ten waits of the 1.5 s that a command may take would be 15 s.
  expect(ms).toBeLessThan(12_000);
  await redis.kill("SIGCONT");
  await api.stop();
  await redis.stop();
}, 60_000);

/** True once a new submit has put its queue job into Redis. */
async function isSummoned(api: Api, redisUrl: string, key: string): Promise<boolean> {
  expect((await ask(api.url, "POST /v1/jobs", { key, body })).status).toBe(202);
  const redis = connect(redisUrl, "worker");
  const keys = await redis.keys(`${api.environment["QUEUE_PREFIX"]}:classify:*`);
  redis.disconnect();
  return keys.some((name) => name.endsWith(":prioritized"));
}

/** One request of every route that needs DynamoDB, and those of them that are long in their own way. */
function requestsOf(jobId: string): [line: string, given: Ask][] {
  const batch = Array.from({ length: 1_000 }, (_, index) => ({ input: `${index}` }));
  return [
    ["POST /v1/jobs", { body }],
    ["POST /v1/jobs", { body, headers: { prefer: "wait=30", "idempotency-key": "a" } }],
    [`GET /v1/jobs/${jobId}`, {}],
    [`GET /v1/jobs/${jobId}`, { headers: { prefer: "wait=30" } }],
    [`POST /v1/jobs/${jobId}/cancel`, {}],
    ["GET /v1/jobs", {}],
    ["GET /v1/jobs?status=failed", {}],
    [`GET /v1/jobs/${jobId}/receipt`, {}],
    ["GET /v1/costs?from=2026-01-01&to=2026-04-02", {}],
    ["GET /v1/savings?from=2026-01-01&to=2026-04-02", {}],
    ["POST /v1/jobs/batch", { body: batch }],
    [`POST /v1/jobs/${jobId}/replay`, {}],
    [`POST /v1/jobs/${jobId}/discard`, { body: { reason: "x" } }],
    [`POST /v1/jobs/${jobId}/feedback`, { body: { score: 1 } }],
    ["POST /v1/jobs/replay", { body: { dry_run: false } }],
    ["POST /v1/route/explain", { body }],
    ["GET /v1/budgets", {}],
    ["PUT /v1/budgets/b0", { body: { window: "day", limit_usd: "1" } }],
    ["DELETE /v1/budgets/b0", {}],
    ["POST /v1/keys", { body: { tenant: "acme" } }],
    ["GET /v1/keys", {}],
    ["DELETE /v1/keys/k0123", {}],
  ];
}

/** Three tries of three seconds take nine, and a request makes several: this is below one of them. */
const IN_TIME_MS = 7_000;

test("while DynamoDB is silent every route answers 503 in time, and works again by itself", async () => {
  const dynamodb = await startDynamodbProcess();
  const silent = await startSilentServer();
  const environment = { CLASSIFIER_URL: silent.url };
  const api = await startApi(environment, { redisUrl: (await testRedis()).url, dynamodbUrl: dynamodb.url });
  const key = await api.createKey("acme", { scopes: [...SCOPES] });
  const { body: job } = await ask(api.url, "POST /v1/jobs", { key, body });
  const requests = requestsOf(job.id);
  const patterns = requests.map(([line]) =>
    line.replace(job.id, ":id").replace(/\?.*/, "").replace("k0123", ":key").replace("/b0", "/:budget"),
  );
  expect(new Set([...patterns, "GET /v1/models"])).toEqual(new Set(ROUTES.map(nameOf)));
  // A key that was seen a moment ago is not looked up, and one that never was is waited for first.
  const keys = [key, "sk-sy-unseen-0123456789abcdef"];
  expect((await ask(api.url, "GET /v1/models", { key })).status).toBe(200);
  await dynamodb.kill("SIGSTOP");
  const asked = keys.flatMap((one) =>
    requests.map(([line, given]) => timed(ask(api.url, line, { key: one, ...given }))),
  );
  for (const { answer, ms } of await Promise.all(asked)) {
    // A batch tells of each of its items.
    const problems = answer.body.object === "batch" ? answer.body.items : [answer.body];
    for (const { status, code, error } of problems) {
      expect([status, code ?? error.code]).toEqual([503, "dependency_down"]);
    }
    if (answer.body.object !== "batch") {
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(answer.headers.get("x-should-retry")).toBe("true");
    }
    expect(ms).toBeLessThan(IN_TIME_MS);
  }
  await dynamodb.kill("SIGCONT");
  const works = async () => (await ask(api.url, `GET /v1/jobs/${job.id}`, { key })).status;
  await expect.poll(works, { timeout: 10_000 }).toBe(200);
  await api.stop();
  await silent.stop();
  await dynamodb.stop();
}, 60_000);

/** Accepts connections and answers nothing. */
async function startSilentServer() {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
