import { isTerminal } from "@switchyard/shared/contracts";
import type { JobRow } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DECISION, driver } from "./drive-job.ts";
import { type Api, ask, startApi } from "./support.ts";

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

describe("a list", () => {
  test("finds failed jobs by the code of their error, and dead letters", async () => {
    const caller = await api.createKey("lists");
    const [refused, kept, fine] = [await failed(caller), await failed(caller), await submitted(caller)];
    const id = await submitted(caller);
    const failure = { code: "ATTEMPTS_EXHAUSTED", message: "x" };
    const end = { status: "failed" as const, failure, costPicoUsd: 0n, counted: [] };
    await api.ledger.jobs.end(await row(id), end);
    await post(`/${kept}/discard`, { reason: "x" }, caller);
    const found = async (query: string) =>
      (await get(`?order=asc&${query}`, caller)).body.data.map((job: { id: string }) => job.id).toSorted();
    expect(await found("status=failed&error=provider_rejected")).toEqual([refused, kept].toSorted());
    expect(await found("error=provider_unavailable")).toEqual([id]);
    expect(await found("error=poison")).toEqual([]);
    expect(await found("dead_letter=true")).toEqual([refused, id].toSorted());
    expect(await found("dead_letter=false")).toEqual([kept, fine].toSorted());
    expect(await found("dead_letter=true&error=provider_rejected")).toEqual([refused]);
  });

  test.each(["error=no_such_code", "error=", "dead_letter=yes", "dead_letter=1"])(
    "refuses %s",
    async (query) => {
      expect((await get(`?${query}`)).body.code).toBe("validation_failed");
    },
  );
});

describe("a replay by filter", () => {
  test("leaves out what would rather fail than be paid for twice, unless its error is named", async () => {
    const caller = await api.createKey("once");
    const body = { input: "x", on_unknown: "fail" };
    const [untried, called] = [await post("", body, caller), await post("", body, caller)];
    for (const { body: job } of [untried, called]) await driver(api).classify(job.id);
    await api.ledger.jobs.claim(await row(called.body.id), { claimId: "test", claimUntil: 0 });
    for (const { body: job } of [untried, called]) await driver(api).fail(job.id);
    const found = async (filter: object) => (await post("/replay", filter, caller)).body;
    expect(await found({})).toMatchObject({ count: 1, last_id: untried.body.id });
    expect(await found({ error: "provider_rejected" })).toMatchObject({ count: 2 });
  });

  const cost = (expected_cost_usd: string | null) => ({
    ...DECISION,
    candidates: [
      { model: "sim-small", expected_cost_usd, rejected_because: null },
      { model: "sim-large", expected_cost_usd: "9", rejected_because: "dearer" },
    ],
  });

  test("says first how many jobs, and at what cost, and changes nothing", async () => {
    const caller = await api.createKey("dry");
    const ids = [
      await failed(caller, cost("0.000000000001")),
      await failed(caller, cost("0.3")),
      await failed(caller, cost(null)),
    ];
    const expired = await submitted(caller);
    await driver(api).end(expired, "expired");
    const discarded = await failed(caller);
    await post(`/${discarded}/discard`, { reason: "x" }, caller);
    await submitted(caller);
    const before = await Promise.all([...ids, expired, discarded].map(row));
    const { status, body } = await post("/replay", {}, caller);
    expect(status).toBe(200);
    expect(body).toEqual({
      ...{ object: "replay", dry_run: true, count: 4, estimated_cost_usd: "0.300000000001" },
      ...{ without_estimate: 2, has_more: false, last_id: expect.any(String) },
    });
    expect((await post("/replay", { status: "expired" }, caller)).body.count).toBe(1);
    expect((await post("/replay", { error: "provider_rejected", class: "SIMPLE" }, caller)).body.count).toBe(
      3,
    );
    expect((await post("/replay", { class: "COMPLEX" }, caller)).body.count).toBe(0);
    expect((await post("/replay", { model: "sim-large" }, caller)).body.count).toBe(0);
    expect((await post("/replay", { to: "2020-01-01T00:00:00Z" }, caller)).body.count).toBe(0);
    expect((await post("/replay", { from: "2020-01-01T00:00:00+01:00" }, caller)).body.count).toBe(4);
    expect(await Promise.all([...ids, expired, discarded].map(row))).toEqual(before);
  });

  test("that is meant replays each job once, page by page, and says what became of each", async () => {
    const caller = await api.createKey("meant");
    const ids = await Promise.all(Array.from({ length: 25 }, () => failed(caller)));
    const gone = ids[3] as string;
    const job = await row(gone);
    const messages = await api.ledger.contents.readPrompt(job);
    const { fingerprint } = job;
    await api.ledger.contents.writePrompt({ jobId: gone, fingerprint, messages, expiresAt: 1 });
    const items: { id: string; status: number; generation?: number; error?: { code: string } }[] = [];
    let after: string | undefined;
    for (let hasMore = true; hasMore; ) {
      const filter = { dry_run: false, limit: 10, ...(after === undefined ? {} : { after }) };
      const { status, body } = await post("/replay", filter, caller);
      expect(status).toBe(202);
      expect(body.replayed + body.refused).toBe(body.items.length);
      items.push(...body.items);
      hasMore = body.has_more;
      after = body.last_id;
    }
    expect(items.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    const [refused] = items.filter(({ status }) => status !== 202);
    expect(refused).toMatchObject({ id: gone, status: 409, error: { code: "not_replayable" } });
    const rows: JobRow[] = await Promise.all(ids.map(row));
    for (const { jobId, generation, status } of rows) {
      expect([generation, isTerminal(status)]).toEqual(jobId === gone ? [1, true] : [2, false]);
    }
  });

  test("given twice at once replays every job once", async () => {
    const caller = await api.createKey("twice");
    const ids = await Promise.all(Array.from({ length: 10 }, () => failed(caller)));
    await Promise.all([1, 2].map(() => post("/replay", { dry_run: false }, caller)));
    expect((await Promise.all(ids.map(row))).map(({ generation }) => generation)).toEqual(ids.map(() => 2));
  });

  test.each([
    [{ limit: 0 }],
    [{ limit: 1_001 }],
    [{ limit: "10" }],
    [{ status: "succeeded" }],
    [{ error: "no_such_code" }],
    [{ class: "HARD" }],
    [{ from: "yesterday" }],
    [{ to: "2020-01-01" }],
    [{ dry_run: "false" }],
    [{ dry_run: null }],
    [{ tenant: "acme" }],
    [[]],
    ["7"],
  ])("with the body %j is refused", async (body) => {
    const answer = await post("/replay", body);
    expect([answer.status, answer.body.code]).toEqual([400, "validation_failed"]);
  });

  test("without a body is refused: nothing is replayed by accident", async () => {
    expect((await post("/replay")).body.code).toBe("unsupported_media_type");
  });
});
