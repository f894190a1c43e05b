import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { driver } from "./drive-job.ts";
import { type Api, ask, jobRowsIn, keysIn, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
});
afterAll(() => api.stop());

const post = (idempotencyKey: string, body: unknown, caller = key) =>
  ask(api.url, "POST /v1/jobs", { key: caller, body, headers: { "idempotency-key": idempotencyKey } });

describe("Idempotency-Key", () => {
  test("the same key and body are the same job, marked as a replay", async () => {
    const first = await post("order-1", { input: "x", model: "auto" });
    const again = await post("order-1", { model: "auto", input: "x" });
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(again.headers.get("idempotent-replayed")).toBe("true");
  });

  test("bare and quoted are the same key", async () => {
    const bare = await post("order-2", { input: "x" });
    const quoted = await post('"order-2"', { input: "x" });
    expect(quoted.body.id).toBe(bare.body.id);
  });

  test("another body is refused, and the official SDKs are told not to retry", async () => {
    await post("order-3", { input: "x" });
    const other = await post("order-3", { input: "y" });
    expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
    expect(other.headers.get("x-should-retry")).toBe("false");
    // A default that is spelled out is another body: only what was sent counts.
    expect((await post("order-3", { input: "x", model: "auto" })).status).toBe(422);
  });

  test("a key belongs to its tenant", async () => {
    const mine = await post("order-4", { input: "x" });
    const theirs = await post("order-4", { input: "y" }, await api.createKey("globex"));
    expect(theirs.status).toBe(202);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  test("a key belongs to its route", async () => {
    const alone = await post("order-5", { input: "x" });
    const body = [{ input: "y", idempotency_key: "order-5" }];
    const batch = await ask(api.url, "POST /v1/jobs/batch", { key, body });
    expect(batch.body.items[0]).toMatchObject({ status: 202 });
    expect(batch.body.items[0].id).not.toBe(alone.body.id);
  });

  test("all keys of a tenant share its idempotency keys, so rotating one breaks no retry", async () => {
    const first = await post("order-6", { input: "x" });
    const again = await post("order-6", { input: "x" }, await api.createKey("acme"));
    expect(again.body.id).toBe(first.body.id);
  });

  test("a refused submit leaves its key free and stores nothing", async () => {
    const before = await keysIn(api.dynamodbUrl, api.table);
    expect((await post("order-7", { input: "" })).status).toBe(400);
    expect((await post("order-7", { input: "x", model: "sim-smal" })).status).toBe(404);
    expect(await keysIn(api.dynamodbUrl, api.table)).toEqual(before);
    expect((await post("order-7", { input: "x" })).status).toBe(202);
  });

  test("a replay shows how the job stands now", async () => {
    const { body } = await post("order-8", { input: "x" });
    await driver(api).succeed(body.id, "done");
    const again = await post("order-8", { input: "x" });
    expect(again).toMatchObject({ status: 202, body: { status: "succeeded", result: { text: "done" } } });
    const headers = { "idempotency-key": "order-8", prefer: "wait=5" };
    const waited = await ask(api.url, "POST /v1/jobs", { key, body: { input: "x" }, headers });
    expect([waited.status, waited.headers.get("idempotent-replayed")]).toEqual([200, "true"]);
  });

  test("a retry is answered although the deadline in its body has passed since", async () => {
    const deadlineAt = Date.now() + 1_500;
    const body = { input: "x", deadline: new Date(deadlineAt).toISOString() };
    const first = await post("order-9", body);
    expect(first.status).toBe(202);
    await expect.poll(() => Date.now(), { timeout: 5_000 }).toBeGreaterThan(deadlineAt);
    const again = await post("order-9", body);
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    expect((await post("order-10", body)).status).toBe(400);
  });

  test("200 submits at once with one key make one job", async () => {
    const before = (await jobRowsIn(api)).length;
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => post("order-200", { input: "once, please" })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ headers }) => !headers.has("idempotent-replayed"))).toHaveLength(1);
    expect((await jobRowsIn(api)).length).toBe(before + 1);
  });

  test("of two bodies at once with one key one is accepted, and its prompt is the one kept", async () => {
    const bodies = Array.from({ length: 20 }, (_, index) => ({ input: `body ${index}` }));
    const answers = await Promise.all(bodies.map((body) => post("order-race", body)));
    const accepted = answers.filter(({ status }) => status === 202);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(19);
    expect(accepted).toHaveLength(1);
    const winner = bodies[answers.findIndex(({ status }) => status === 202)];
    const row = await driver(api).row(accepted[0]?.body.id);
    expect(await api.ledger.contents.readPrompt(row)).toEqual([{ role: "user", content: winner?.input }]);
  });
});
