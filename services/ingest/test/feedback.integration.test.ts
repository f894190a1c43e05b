import { JOB_CLASSES } from "@switchyard/shared/contracts";
import type { JobRow } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { driver } from "./drive-job.ts";
import { type Api, ask, keysIn, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
});
afterAll(() => api.stop());

const feedback = (id: string, body: unknown) => ask(api.url, `POST /v1/jobs/${id}/feedback`, { key, body });
const row = (id: string) => driver(api).row(id);

async function submitted(): Promise<string> {
  return (await ask(api.url, "POST /v1/jobs", { key, body: { input: "x" } })).body.id;
}

async function ended(how: "succeeded" | "failed" | "cancelled" | "expired" = "succeeded"): Promise<string> {
  const id = await submitted();
  if (how === "succeeded") await driver(api).succeed(id, "text");
  else if (how === "failed") await driver(api).fail(id);
  else await driver(api).end(id, how);
  return id;
}

/** Ids of all jobs that the list of rated ones holds, in pages of a size. */
async function rated(pageLimit = 100): Promise<{ ids: string[]; longest: number }> {
  const ids: string[] = [];
  let longest = 0;
  for await (const page of api.ledger.jobs.rated(pageLimit)) {
    ids.push(...page.map(({ jobId }: JobRow) => jobId));
    longest = Math.max(longest, page.length);
  }
  return { ids, longest };
}

describe("feedback", () => {
  test.each(["succeeded", "failed"] as const)(
    "is shown on a job that %s, and is a visible change",
    async (how) => {
      const id = await ended(how);
      const before = await row(id);
      const said = { score: 0.25, note: "half of it 👍 \ud83d", should_have_been: "COMPLEX" };
      const answer = await feedback(id, said);
      expect([answer.status, answer.headers.get("etag")]).toEqual([200, `"${before.version + 1}"`]);
      expect(answer.body.feedback).toEqual({ ...said, at: expect.stringMatching(/^20.*Z$/) });
      const shown = (await ask(api.url, `GET /v1/jobs/${id}`, { key })).body;
      expect(shown).toMatchObject({ status: how, feedback: answer.body.feedback });
      const { feedback: _, version, updatedAt, ...rest } = await row(id);
      expect(before).toEqual({ ...rest, version: version - 1, updatedAt: before.updatedAt });
      expect(updatedAt).toBeGreaterThanOrEqual(before.updatedAt);
      const list = (await ask(api.url, "GET /v1/jobs?limit=1", { key })).body.data;
      expect(list[0]).toMatchObject({ id, feedback: answer.body.feedback });
    },
  );

  test("is null until it is given, and what was not said is null in it", async () => {
    const id = await ended();
    expect((await ask(api.url, `GET /v1/jobs/${id}`, { key })).body.feedback).toBeNull();
    expect((await feedback(id, { score: 1 })).body.feedback).toMatchObject({
      score: 1,
      note: null,
      should_have_been: null,
    });
  });

  test("given again replaces all that was said before", async () => {
    const id = await ended();
    await feedback(id, { score: 0, note: "wrong", should_have_been: "COMPLEX" });
    const { body } = await feedback(id, { score: 0.75 });
    expect(body.feedback).toMatchObject({ score: 0.75, note: null, should_have_been: null });
    expect((await row(id)).feedback).toEqual({ score: 0.75, atMs: expect.any(Number) });
  });

  test("given by ten at once ends as one of them said, and each answer is a whole one", async () => {
    const id = await ended();
    const scores = Array.from({ length: 10 }, (_, n) => n / 10);
    const answers = await Promise.all(scores.map((score) => feedback(id, { score, note: `said ${score}` })));
    const taken = answers.filter(({ status }) => status === 200);
    expect(taken.length).toBeGreaterThan(0);
    for (const { status, body } of answers) {
      if (status === 200) expect(body.feedback.note).toBe(`said ${body.feedback.score}`);
      else expect([status, body.code]).toEqual([503, "dependency_down"]);
    }
    const last = (await row(id)).feedback;
    expect(last?.note).toBe(`said ${last?.score}`);
    expect((await row(id)).version).toBe(taken.length + 4);
  });

  test.each(["cancelled", "expired"] as const)(
    "on a job that is %s is refused with the reason",
    async (how) => {
      const id = await ended(how);
      const before = await keysIn(api.dynamodbUrl, api.table);
      const answer = await feedback(id, { score: 1 });
      expect([answer.status, answer.body.code]).toEqual([409, "not_rateable"]);
      expect(answer.headers.get("x-should-retry")).toBe("false");
      expect(answer.body.detail).toContain(`this one is ${how}`);
      expect(await keysIn(api.dynamodbUrl, api.table)).toEqual(before);
    },
  );

  test("on a job that has not ended is refused, and moves nothing", async () => {
    const queued = await submitted();
    const running = await submitted();
    await driver(api).start(running);
    const cancelling = await submitted();
    await api.ledger.jobs.cancel(await row(cancelling));
    for (const [id, status] of [
      [queued, "queued"],
      [running, "running"],
      [cancelling, "cancelling"],
    ] as const) {
      const before = await row(id);
      const answer = await feedback(id, { score: 1 });
      expect([answer.status, answer.body.code]).toEqual([409, "not_rateable"]);
      expect(answer.body.detail).toContain(`this one is ${status}`);
      expect(await row(id)).toEqual(before);
    }
  });

  test("goes with the outcome that it was about when the job is replayed", async () => {
    const id = await ended("failed");
    await feedback(id, { score: 0 });
    const replayed = await ask(api.url, `POST /v1/jobs/${id}/replay`, { key });
    expect([replayed.status, replayed.body.feedback]).toEqual([202, null]);
    expect((await feedback(id, { score: 1 })).body.code).toBe("not_rateable");
    expect((await rated()).ids).not.toContain(id);
    await driver(api).succeed(id, "this time");
    expect((await feedback(id, { score: 1 })).body.feedback.score).toBe(1);
    expect((await rated()).ids.filter((found) => found === id)).toHaveLength(1);
  });

  test("takes one item of the table beside the job's row, however often it is given", async () => {
    const id = await ended();
    const before = await keysIn(api.dynamodbUrl, api.table);
    for (const score of [0, 1, 0.5]) await feedback(id, { score });
    expect(await keysIn(api.dynamodbUrl, api.table)).toEqual([...before, `J#${id} feedback`].sort());
  });
});

describe("the list of rated jobs", () => {
  test("holds each once with what was said last, of every tenant, in pages of a bounded size", async () => {
    const other = await api.createKey("other");
    const ids: string[] = [];
    for (let n = 0; n < 9; n += 1) {
      const id = await ended();
      await feedback(id, { score: 0 });
      await feedback(id, { score: n / 10 });
      ids.push(id);
    }
    const unrated = await ended();
    const foreign = (await ask(api.url, "POST /v1/jobs", { key: other, body: { input: "x" } })).body.id;
    await driver(api).succeed(foreign, "text");
    await ask(api.url, `POST /v1/jobs/${foreign}/feedback`, { key: other, body: { score: 1 } });
    const found = await rated(2);
    expect(found.longest).toBeLessThanOrEqual(2);
    expect(found.ids).toEqual(expect.arrayContaining([...ids, foreign]));
    expect(found.ids).not.toContain(unrated);
    expect(new Set(found.ids).size).toBe(found.ids.length);
    for (const [n, id] of ids.entries()) expect((await row(id)).feedback?.score).toBe(n / 10);
  });

  test("is in no tenant's list of jobs", async () => {
    const mine = await api.createKey("lister");
    const { id } = (await ask(api.url, "POST /v1/jobs", { key: mine, body: { input: "x" } })).body;
    await driver(api).succeed(id, "text");
    await ask(api.url, `POST /v1/jobs/${id}/feedback`, { key: mine, body: { score: 1 } });
    const { data } = (await ask(api.url, "GET /v1/jobs", { key: mine })).body;
    expect(data.map((job: { id: string }) => job.id)).toEqual([id]);
  });
});

describe("a body of feedback", () => {
  let id: string;
  beforeAll(async () => {
    id = await ended();
  });

  test.each([
    ["no score", {}, "score"],
    ["a score below 0", { score: -0.001 }, "score"],
    ["a score above 1", { score: 1.001 }, "score"],
    ["a score in text", { score: "1" }, "score"],
    ["a score of null", { score: null }, "score"],
    ["a score of true", { score: true }, "score"],
    ["a score without end", '{"score":1e309}', "score"],
    ["a note of 2,001 characters", { score: 1, note: "x".repeat(2_001) }, "note"],
    ["a note that is a number", { score: 1, note: 7 }, "note"],
    ["a class that is none", { score: 1, should_have_been: "HARD" }, "should_have_been"],
    ["a class in small letters", { score: 1, should_have_been: "complex" }, "should_have_been"],
    ["a field that is not known", { score: 1, stars: 5 }, "stars"],
    ["a list", [{ score: 1 }], ""],
  ])("with %s is refused by name", async (_, body, path) => {
    const before = await row(id);
    const raw = typeof body === "string" ? { headers: { "content-type": "application/json" } } : {};
    const answer = await ask(api.url, `POST /v1/jobs/${id}/feedback`, { key, body, ...raw });
    expect([answer.status, answer.body.code]).toEqual([400, "validation_failed"]);
    expect(answer.body.errors.map((problem: { path: string }) => problem.path)).toContain(path);
    expect(await row(id)).toEqual(before);
  });

  test.each<[what: string, body: object]>([
    ["the least score", { score: 0 }],
    ["the highest score", { score: 1 }],
    ["many digits", { score: 0.123456789012345 }],
    ["a note of 2,000 characters of three bytes", { score: 1, note: "猫".repeat(2_000) }],
    ["an empty note", { score: 1, note: "" }],
    ...JOB_CLASSES.map((name): [string, object] => [name, { score: 1, should_have_been: name }]),
  ])("with %s is stored as it is", async (_, body) => {
    expect((await feedback(id, body)).body.feedback).toMatchObject(body);
  });

  test("above 16 KB is too large, and none at all is told", async () => {
    const large = await feedback(id, { score: 1, note: "x".repeat(17_000) });
    expect([large.status, large.body.code]).toEqual([413, "payload_too_large"]);
    const none = await ask(api.url, `POST /v1/jobs/${id}/feedback`, { key });
    expect([none.status, none.body.code]).toEqual([415, "unsupported_media_type"]);
  });
});
