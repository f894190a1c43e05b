import { connect } from "@switchyard/shared/queues";
import { startDynamodbProcess, startRedis, testRedis, watchLeaks } from "@switchyard/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { type Api, ask, jobRowsIn, startApi } from "./support.ts";

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

/** True once a new submit has put its queue job into Redis. */
async function isSummoned(api: Api, redisUrl: string, key: string): Promise<boolean> {
  expect((await ask(api.url, "POST /v1/jobs", { key, body })).status).toBe(202);
  const redis = connect(redisUrl, "worker");
  const keys = await redis.keys(`${api.environment["QUEUE_PREFIX"]}:classify:*`);
  redis.disconnect();
  return keys.some((name) => name.endsWith(":prioritized"));
}

test("without DynamoDB everything is a 503 that may be tried again, and works again by itself", async () => {
  const dynamodb = await startDynamodbProcess();
  const api = await startApi({}, { redisUrl: (await testRedis()).url, dynamodbUrl: dynamodb.url });
  const key = await api.createKey("acme");
  const { body: job } = await ask(api.url, "POST /v1/jobs", { key, body });
  await dynamodb.kill("SIGSTOP");
  const unseenKey = "sk-sy-unseen-0123456789abcdef";
  const requests: [string, { key: string; body?: unknown; headers?: Record<string, string> }][] = [
    ["POST /v1/jobs", { key, body }],
    ["POST /v1/jobs", { key, body, headers: { prefer: "wait=30", "idempotency-key": "a" } }],
    [`GET /v1/jobs/${job.id}`, { key }],
    [`GET /v1/jobs/${job.id}`, { key, headers: { prefer: "wait=30" } }],
    [`POST /v1/jobs/${job.id}/cancel`, { key }],
    ["GET /v1/jobs", { key }],
    ["GET /v1/jobs", { key: unseenKey }],
  ];
  const answers = await Promise.all(requests.map(([line, given]) => timed(ask(api.url, line, given))));
  for (const { answer, ms } of answers) {
    expect([answer.status, answer.body.code]).toEqual([503, "dependency_down"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(answer.headers.get("x-should-retry")).toBe("true");
    expect(ms).toBeLessThan(20_000);
  }
  await dynamodb.kill("SIGCONT");
  const works = async () => (await ask(api.url, `GET /v1/jobs/${job.id}`, { key })).status;
  await expect.poll(works, { timeout: 10_000 }).toBe(200);
  await api.stop();
  await dynamodb.stop();
}, 60_000);
