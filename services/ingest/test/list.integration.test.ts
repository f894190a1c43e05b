import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DECISION, driver } from "./drive-job.ts";
import { type Api, ask, startApi } from "./support.ts";

afterAll(watchLeaks());

/** Enough for several pages in every shard of the list. */
const JOBS = 130;

let api: Api;
let key: string;
/** All of the tenant's jobs, oldest first, by creation and then id. */
let ids: string[];
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
  const body = Array.from({ length: JOBS }, (_, index) => ({ input: `job ${index}` }));
  const answer = await ask(api.url, "POST /v1/jobs/batch", { key, body });
  const accepted: string[] = answer.body.items.map((item: { id: string }) => item.id);
  const rows = await Promise.all(accepted.map((id) => driver(api).row(id)));
  rows.sort((a, b) => a.createdAt - b.createdAt || (a.jobId < b.jobId ? -1 : 1));
  ids = rows.map((row) => row.jobId);
  const [first = "", second = "", third = ""] = ids;
  await driver(api).succeed(first, "found");
  await driver(api).classify(second, { ...DECISION, class: "COMPLEX" }, "sim-large");
  await driver(api).end(third, "expired");
});
afterAll(() => api.stop());

const list = (query = "", caller = key) => ask(api.url, `GET /v1/jobs${query}`, { key: caller });

/** Follows a list to its end. */
async function walk(query: string, start: string | null = null): Promise<{ seen: string[]; pages: number }> {
  const seen: string[] = [];
  let after = start;
  for (let pages = 1; ; pages += 1) {
    const { status, body } = await list(`?${query}${after === null ? "" : `&after=${after}`}`);
    expect(status).toBe(200);
    seen.push(...body.data.map((job: { id: string }) => job.id));
    if (!body.has_more) return { seen, pages };
    expect(body.last_id).not.toBeNull();
    after = body.last_id;
  }
}

describe("a list", () => {
  test("shows the newest 20 first, in the shape that every list has", async () => {
    const { headers, body } = await list();
    expect(body).toMatchObject({ object: "list", has_more: true });
    expect(body.data.map((job: { id: string }) => job.id)).toEqual(ids.toReversed().slice(0, 20));
    expect(body.first_id).toBe(body.data[0].id);
    expect(body.last_id).toBe(body.data[19].id);
    expect(headers.get("cache-control")).toBe("private, no-cache");
  });

  test.each([7, 64, 65, 100])("page by page of %i shows every job once, in order", async (limit) => {
    const descending = await walk(`limit=${limit}`);
    expect(descending.seen).toEqual(ids.toReversed());
    expect(descending.pages).toBe(Math.ceil(JOBS / limit));
    expect((await walk(`limit=${limit}&order=asc`)).seen).toEqual(ids);
  });

  test("page by page of 1 goes on from wherever it is", async () => {
    const { seen } = await walk("limit=1&order=asc", ids[JOBS - 6]);
    expect(seen).toEqual(ids.slice(JOBS - 5));
  });

  test("has no more after a last page that is exactly full", async () => {
    const { body } = await list(`?limit=65&after=${ids[65]}`);
    expect([body.data.length, body.has_more]).toEqual([65, false]);
  });

  test("of nothing is empty and names nothing", async () => {
    const { body } = await list("", await api.createKey("nobody"));
    expect(body).toEqual({ object: "list", data: [], has_more: false, first_id: null, last_id: null });
  });

  test("shows jobs with their costs, and leaves the answers out", async () => {
    const { body } = await list(`?order=asc&limit=1`);
    expect(body.data[0]).toMatchObject({
      status: "succeeded",
      cost: { total_usd: "0.0000045" },
      result: null,
    });
  });
});

describe("filters", () => {
  test.each([
    ["status=succeeded", [0]],
    ["status=expired", [2]],
    ["class=COMPLEX", [1]],
    ["class=SIMPLE", [0]],
    ["model=sim-large", [1]],
    ["model=sim-large&class=SIMPLE", []],
    ["status=succeeded&model=sim-small&class=SIMPLE&order=asc", [0]],
  ])("%s finds what matches and nothing else", async (query, expected) => {
    expect((await walk(query)).seen).toEqual(expected.map((index) => ids[index]));
  });

  test("status=queued finds the rest over many pages", async () => {
    const others = new Set([ids[0], ids[2]]);
    expect((await walk("status=queued&limit=50&order=asc")).seen).toEqual(
      ids.filter((id) => !others.has(id)),
    );
  });

  test("from and to are inclusive", async () => {
    const rows = await Promise.all(ids.map((id) => driver(api).row(id)));
    const at = (index: number) => new Date(rows[index]?.createdAt ?? 0).toISOString();
    const between = rows.filter(
      (row) => row.createdAt >= Date.parse(at(10)) && row.createdAt <= Date.parse(at(70)),
    );
    const { seen } = await walk(`from=${at(10)}&to=${at(70)}&order=asc&limit=30`);
    expect(seen).toEqual(between.map((row) => row.jobId));
    expect((await list(`?from=${at(70)}&to=${at(10)}`)).body.data.length).toBeLessThan(JOBS);
  });

  test("instants that no job can have are no error", async () => {
    expect((await walk("from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z&limit=100")).seen).toHaveLength(
      JOBS,
    );
    expect((await walk("from=9999-12-31T23:59:59Z")).seen).toEqual([]);
    expect((await walk("to=0001-01-01T00:00:00Z")).seen).toEqual([]);
  });

  test("a cursor that is not one of the tenant's jobs is refused, foreign or unknown alike", async () => {
    const unknown = await list("?after=job_00000000000000000000000000");
    const foreign = await list(`?after=${ids[0]}`, await api.createKey("globex"));
    const malformed = await list("?after=page-2");
    for (const answer of [unknown, foreign, malformed]) {
      expect([answer.status, answer.body.code]).toEqual([400, "invalid_cursor"]);
    }
    expect({ ...foreign.body, request_id: "" }).toEqual({ ...unknown.body, request_id: "" });
  });
});
