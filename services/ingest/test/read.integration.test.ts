import type { JobView } from "@switchyard/shared/ledger";
import { connect, openAdmission, subscribeToCancels } from "@switchyard/shared/queues";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { driver } from "./drive-job.ts";
import { type Api, ask, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
});
afterAll(() => api.stop());

async function newJob(): Promise<string> {
  const { body } = await ask(api.url, "POST /v1/jobs", { key, body: { input: "x" } });
  return body.id;
}

const get = (jobId: string, headers: Record<string, string> = {}) =>
  ask(api.url, `GET /v1/jobs/${jobId}`, { key, headers });

/** A request that is held back, and the time at which it was answered. */
function poll(jobId: string, headers: Record<string, string>) {
  const answer = get(jobId, headers);
  return { answer, answeredAt: answer.then(() => performance.now()) };
}

describe("ETag and If-None-Match", () => {
  test("the tag is the version, which rises by one with every visible change", async () => {
    const jobId = await newJob();
    expect((await get(jobId)).headers.get("etag")).toBe('"1"');
    await driver(api).start(jobId);
    const { headers, body } = await get(jobId);
    expect([headers.get("etag"), body.version, body.status]).toEqual(['"3"', 3, "running"]);
    expect(body.attempts).toMatchObject([{ outcome: "in_flight", ended_at: null, cost_usd: null }]);
    expect(body.cost.at_risk_usd).toBe("0.001");
  });

  test("an unchanged job is a 304 without a body, whichever way the tag is spelled", async () => {
    const jobId = await newJob();
    for (const tag of ['"1"', 'W/"1"', ' "1" ', '"7", "1"']) {
      const answer = await get(jobId, { "if-none-match": tag });
      expect([answer.status, answer.text, answer.headers.get("etag")]).toEqual([304, "", '"1"']);
      expect(answer.headers.get("vary")).toContain("Prefer");
    }
  });

  test("a tag that is not the present one gets the job", async () => {
    const jobId = await newJob();
    for (const tag of ['"0"', '"999"', "1", '"abc"', "", '"99999999999999999999"']) {
      expect((await get(jobId, { "if-none-match": tag })).status).toBe(200);
    }
  });

  test("HEAD answers as GET does, without the body", async () => {
    const jobId = await newJob();
    const answer = await ask(api.url, `HEAD /v1/jobs/${jobId}`, { key });
    expect([answer.status, answer.text, answer.headers.get("etag")]).toEqual([200, "", '"1"']);
  });
});

describe("long poll", () => {
  test("answers as soon as the version rises, over an event", async () => {
    const jobId = await newJob();
    const { answer, answeredAt } = poll(jobId, { prefer: "wait=30", "if-none-match": '"1"' });
    // The second look at the row comes after 250 ms and the third after 375 more; an event is faster.
    await get(jobId);
    await driver(api).classify(jobId);
    const movedAt = performance.now();
    expect(await answer).toMatchObject({ status: 200, body: { version: 2, model: "sim-small" } });
    expect((await answer).headers.get("preference-applied")).toBe("wait=30");
    expect((await answeredAt) - movedAt).toBeLessThan(2_000);
  });

  test("answers although no event tells of the change", async () => {
    const jobId = await newJob();
    const silent = driver({ ledger: api.ledger, events: { publish: () => {} } });
    const { answer } = poll(jobId, { prefer: "wait=30", "if-none-match": '"1"' });
    await silent.classify(jobId);
    expect(await answer).toMatchObject({ status: 200, body: { version: 2 } });
  });

  test("sees every version when transitions race with polls", async () => {
    const jobId = await newJob();
    const polls = [1, 2, 3].map((version) =>
      get(jobId, { prefer: "wait=20", "if-none-match": `"${version}"` }),
    );
    await driver(api).succeed(jobId, "x");
    const versions = (await Promise.all(polls)).map(({ body }) => body.version);
    for (const [index, version] of versions.entries()) expect(version).not.toBe(index + 1);
    expect((await get(jobId)).body.version).toBe(4);
  });

  test("is a 304 when nothing has changed by the end", async () => {
    const jobId = await newJob();
    const startedAt = performance.now();
    const answer = await get(jobId, { prefer: "wait=1", "if-none-match": '"1"' });
    expect(answer.status).toBe(304);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  test("without a tag waits for the end of the job", async () => {
    const jobId = await newJob();
    const { answer } = poll(jobId, { prefer: "wait=30" });
    await driver(api).succeed(jobId, "the end");
    expect((await answer).body).toMatchObject({ status: "succeeded", result: { text: "the end" } });
  });

  test("a job that has ended is answered at once", async () => {
    const jobId = await newJob();
    await driver(api).end(jobId, "expired");
    const startedAt = performance.now();
    expect((await get(jobId, { prefer: "wait=30" })).body.status).toBe("expired");
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test("a cancel wakes who waits for a change", async () => {
    const jobId = await newJob();
    const { answer } = poll(jobId, { prefer: "wait=30", "if-none-match": '"1"' });
    await ask(api.url, `POST /v1/jobs/${jobId}/cancel`, { key });
    expect((await answer).body).toMatchObject({ status: "cancelling", version: 2 });
  });

  test("100 clients that go away leave the job as it is and the API well", async () => {
    const jobId = await newJob();
    const gone = new AbortController();
    const polls = Array.from({ length: 100 }, () =>
      ask(api.url, `GET /v1/jobs/${jobId}`, { key, headers: { prefer: "wait=60" }, signal: gone.signal }),
    );
    await get(jobId);
    gone.abort();
    await Promise.allSettled(polls);
    expect(await driver(api).row(jobId)).toMatchObject({ status: "queued", version: 1 });
    expect((await get(jobId)).status).toBe(200);
  });
});

describe("cancel", () => {
  const cancel = (jobId: string) => ask(api.url, `POST /v1/jobs/${jobId}/cancel`, { key });

  test("is accepted, and asking again changes nothing", async () => {
    const jobId = await newJob();
    const [first, ...others] = [await cancel(jobId), await cancel(jobId), await cancel(jobId)];
    expect(first).toMatchObject({ status: 202, body: { status: "cancelling", version: 2 } });
    for (const other of others) expect(other).toMatchObject({ status: 202, body: first.body });
  });

  test("that is asked for again is told of again: the abort of its call hangs on a message that may be lost", async () => {
    const jobId = await newJob();
    const redis = connect(api.environment["REDIS_URL"] ?? "", "subscriber");
    const heard: string[] = [];
    subscribeToCancels(redis, api.environment["QUEUE_PREFIX"] ?? "", (id) => heard.push(id));
    await cancel(jobId);
    await expect
      .poll(async () => {
        await cancel(jobId);
        return heard.filter((id) => id === jobId).length;
      })
      .toBeGreaterThan(2);
    redis.disconnect();
  });

  test("is looked at soon by the sweeper, however long the job has waited", async () => {
    const jobId = await newJob();
    const { job } = (await api.ledger.jobs.view(jobId)) as JobView;
    await api.ledger.jobs.attend(job, Date.now() + 600_000);
    await cancel(jobId);
    const { attentionAt } = await driver(api).row(jobId);
    expect(attentionAt).toBeLessThan(Date.now() + 300_000);
    expect((await api.ledger.jobs.due(Date.now() + 300_000, 100)).jobIds).toContain(jobId);
  });

  test("50 cancels at once move the job once", async () => {
    const jobId = await newJob();
    await driver(api).start(jobId);
    const answers = await Promise.all(Array.from({ length: 50 }, () => cancel(jobId)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect((await driver(api).row(jobId)).version).toBe(4);
  });

  test("of a job that has ended is a 200 with its state, and leaves it so", async () => {
    const jobId = await newJob();
    await driver(api).succeed(jobId, "kept");
    const answer = await cancel(jobId);
    expect(answer).toMatchObject({ status: 200, body: { status: "succeeded", result: { text: "kept" } } });
    expect(answer.headers.get("retry-after")).toBeNull();
  });

  test("needs no body and no content type, and ignores what is sent", async () => {
    const jobId = await newJob();
    const headers = { "content-type": "text/plain" };
    const path = `POST /v1/jobs/${jobId}/cancel`;
    expect((await ask(api.url, path, { key, body: "\u0000 not JSON {", headers })).status).toBe(202);
  });
});

test("models lists auto and every active model with a price", async () => {
  const { status, body } = await ask(api.url, "GET /v1/models", { key });
  expect(status).toBe(200);
  expect(body.object).toBe("list");
  expect(body.data[0]).toEqual({ id: "auto", object: "model", created: 0, owned_by: "switchyard" });
  expect(body.data.map((model: { id: string }) => model.id)).toEqual(
    expect.arrayContaining(["sim-small", "sim-math", "sim-large"]),
  );
  const held = body.data.map((model: { id: string; is_held?: boolean }) => [model.id, model.is_held]);
  expect(Object.fromEntries(held)).toMatchObject({ "sim-small": false, "sim-large": false });
  expect(body.data.every((model: { owned_by: string }) => !model.owned_by.startsWith("openai"))).toBe(true);
});

test("models of providers that are said to be active can be named without their keys, and no others", async () => {
  const other = await startApi({ ACTIVE_PROVIDERS: "openai,bedrock" });
  const { body } = await ask(other.url, "GET /v1/models", { key: await other.createKey("acme") });
  const owners = (body["data"] as { owned_by: string }[]).map(({ owned_by }) => owned_by);
  expect(new Set(owners)).toEqual(new Set(["switchyard", "openai", "bedrock"]));
  await other.stop();
  await expect(startApi({ ACTIVE_PROVIDERS: "opnai" })).rejects.toThrow(
    'ACTIVE_PROVIDERS: unknown provider "opnai" (did you mean openai?)',
  );
});

test("models says of which the calls are held back just now", async () => {
  const redis = connect(api.environment["REDIS_URL"] ?? "", "worker");
  const admission = openAdmission(redis, api.environment["QUEUE_PREFIX"] ?? "");
  const limits = { requestsPerMinute: null, tokensPerMinute: null, inFlight: null };
  const scopes = [{ kind: "model" as const, id: "sim-math", limits }];
  await admission.release({ reservationId: "a", scopes, tokens: 1, leaseMs: 1_000 }, 0, "key_refused");
  const { body } = await ask(api.url, "GET /v1/models", { key });
  const held = body.data.filter((model: { is_held?: boolean }) => model.is_held === true);
  expect(held.map((model: { id: string }) => model.id)).toEqual(["sim-math"]);
  redis.disconnect();
});
