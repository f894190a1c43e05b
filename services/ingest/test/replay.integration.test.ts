import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DECISION, driver } from "./drive-job.ts";
import { type Answer, type Api, ask, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
});
afterAll(() => api.stop());

const post = (path: string, body?: unknown, caller = key) =>
  ask(api.url, `POST /v1/jobs${path}`, { key: caller, body });
const get = (path: string, caller = key) => ask(api.url, `GET /v1/jobs${path}`, { key: caller });

async function submitted(caller = key): Promise<string> {
  return (await post("", { input: "x", max_cost_usd: "0.5" }, caller)).body.id;
}

async function failed(caller = key, decision = DECISION): Promise<string> {
  const id = await submitted(caller);
  await driver(api).classify(id, decision);
  await driver(api).fail(id);
  return id;
}

const row = (id: string) => driver(api).row(id);

function expectRefused({ status, headers, body }: Answer, reason: RegExp): void {
  expect([status, body.code, headers.get("x-should-retry")]).toEqual([409, "not_replayable", "false"]);
  expect(body.detail).toMatch(reason);
}

describe("a replay of one job", () => {
  test("begins its next generation, without a body as it was asked for the first time", async () => {
    const id = await failed();
    const before = await row(id);
    const answer = await post(`/${id}/replay`);
    expect([answer.status, answer.headers.get("location")]).toEqual([202, `/v1/jobs/${id}`]);
    expect(answer.body).toMatchObject({
      ...{ id, status: "queued", generation: 2, version: before.version + 1 },
      ...{ decision: null, model: null, error: null, dead_letter: false, max_cost_usd: "0.5" },
      created_at: new Date(before.createdAt).toISOString(),
    });
    const after = await row(id);
    expect(after.deadlineAt).toBeGreaterThan(before.deadlineAt);
    expect(after.attentionAt).toBeGreaterThan(Date.now());
    // The stages find it as they found the first one.
    expect((await driver(api).succeed(id, "this time")).status).toBe("succeeded");
    expect((await get(`/${id}`)).body).toMatchObject({ status: "succeeded", result: { text: "this time" } });
  });

  test("takes another model, cost limit and deadline", async () => {
    const id = await failed();
    const deadline = new Date(Date.now() + 60_000).toISOString();
    const { status, body } = await post(`/${id}/replay`, { model: "sim-large", max_cost_usd: "2", deadline });
    expect(status).toBe(202);
    expect(body).toMatchObject({ model_requested: "sim-large", max_cost_usd: "2", deadline_at: deadline });
  });

  test("is also for a job that expired, and for no other", async () => {
    const expired = await submitted();
    await driver(api).end(expired, "expired");
    expect((await post(`/${expired}/replay`)).status).toBe(202);
    const others: [string, RegExp][] = [[await submitted(), /this one is queued/]];
    for (const status of ["cancelled", "running", "succeeded"] as const) {
      const id = await submitted();
      if (status === "cancelled") await driver(api).end(id, status);
      else if (status === "running") await driver(api).start(id);
      else await driver(api).succeed(id, "text");
      others.push([id, new RegExp(`this one is ${status}`)]);
    }
    for (const [id, reason] of others) {
      const before = await row(id);
      expectRefused(await post(`/${id}/replay`), reason);
      expect(await row(id)).toEqual(before);
    }
  });

  test("asked for by 20 at once makes one generation, and all that meet there are answered with it", async () => {
    const id = await failed();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(`/${id}/replay`)));
    expect((await row(id)).generation).toBe(2);
    expect(answers.some(({ status }) => status === 202)).toBe(true);
    for (const answer of answers) {
      if (answer.status === 202) expect(answer.body).toMatchObject({ id, generation: 2 });
      else expectRefused(answer, /this one is queued/);
    }
    expectRefused(await post(`/${id}/replay`), /this one is queued/);
  });

  test("that loses to one with other wishes is refused, not answered with what it did not ask for", async () => {
    const id = await failed();
    const models = ["sim-small", "sim-large"];
    const answers = await Promise.all(models.map((model) => post(`/${id}/replay`, { model })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409]);
    const winner = answers.find(({ status }) => status === 202);
    expect((await row(id)).request.model).toBe(winner?.body.model_requested);
  });

  test("is refused once the prompt's time is over, though the prompt is still there", async () => {
    const id = await failed();
    const { contents } = api.ledger;
    const job = await row(id);
    const messages = await contents.readPrompt(job);
    const past = { jobId: id, fingerprint: job.fingerprint, messages, expiresAt: 1 };
    await contents.writePrompt(past);
    expectRefused(await post(`/${id}/replay`), /past its retention time/);
    expect(await row(id)).toEqual(job);
  });

  test("is refused after 19 of them", async () => {
    const id = await failed();
    for (let round = 0; round < 19; round += 1) {
      expect((await post(`/${id}/replay`)).status).toBe(202);
      await driver(api).fail(id);
    }
    expectRefused(await post(`/${id}/replay`), /was replayed 19 times/);
  });

  test.each([
    [{ model: "sim-smal" }, 404, "unknown_model"],
    [{ model: 7 }, 400, "validation_failed"],
    [{ model: "" }, 400, "validation_failed"],
    [{ deadline: "2020-01-01T00:00:00Z" }, 400, "validation_failed"],
    [{ deadline: "9999-01-01T00:00:00Z" }, 400, "validation_failed"],
    [{ deadline: "soon", max_cost_usd: "-1", color: 1 }, 400, "validation_failed"],
    [{ max_cost_usd: "0.00" }, 400, "validation_failed"],
    [{ input: "another prompt" }, 400, "validation_failed"],
    ['{"__proto__":{"model":"auto"}}', 400, "validation_failed"],
    [[], 400, "validation_failed"],
    ["null", 400, "validation_failed"],
    ["{", 400, "invalid_json"],
    ["x".repeat(20_000), 413, "payload_too_large"],
  ])("with the body %j is refused and changes nothing", async (body, status, code) => {
    const id = await failed();
    const before = await row(id);
    const answer = await post(`/${id}/replay`, body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await row(id)).toEqual(before);
  });

  test("tells every problem of its body at once", async () => {
    const { body } = await post(`/${await failed()}/replay`, {
      ...{ deadline: "2020-01-01T00:00:00Z", max_cost_usd: "-1", color: 1 },
    });
    const told = body.errors.map(({ path }: { path: string }) => path);
    expect(told.toSorted()).toEqual(["color", "deadline", "max_cost_usd"]);
  });
});

describe("a discard", () => {
  test("lays a dead letter aside: it can no longer be replayed, and is kept as it is", async () => {
    const id = await failed();
    const { version } = await row(id);
    const answer = await post(`/${id}/discard`, { reason: "a typing error" });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      ...{ status: "failed", version: version + 1, dead_letter: false },
      discarded: { reason: "a typing error", at: expect.any(String) },
      error: { code: "provider_rejected" },
    });
    expectRefused(await post(`/${id}/replay`), /was discarded/);
  });

  test("given twice keeps the first reason", async () => {
    const id = await failed();
    await post(`/${id}/discard`, { reason: "first" });
    const { status, body } = await post(`/${id}/discard`, { reason: "second" });
    expect([status, body.discarded.reason]).toEqual([200, "first"]);
  });

  test("of a job that has not failed or expired is refused", async () => {
    const id = await submitted();
    expectRefused(await post(`/${id}/discard`, { reason: "x" }), /this one is queued/);
    expect(await row(id)).not.toHaveProperty("discarded");
  });

  test.each([
    [{}],
    [{ reason: "" }],
    [{ reason: 7 }],
    [{ reason: "r".repeat(513) }],
    [{ reason: "x", by: "me" }],
  ])("with the body %j is refused", async (body) => {
    const id = await failed();
    expect((await post(`/${id}/discard`, body)).body.code).toBe("validation_failed");
    expect(await row(id)).not.toHaveProperty("discarded");
  });

  test("and a replay at once: one of them happens", async () => {
    const id = await failed();
    await Promise.all([post(`/${id}/discard`, { reason: "x" }), post(`/${id}/replay`)]);
    const job = await row(id);
    expect(job.generation === 2).toBe(job.discarded === undefined);
  });
});
