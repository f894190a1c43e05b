import { JOB_CLASSES, type JobClass } from "@switchyard/shared/contracts";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Api, ask, jobRowsIn, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
beforeAll(async () => {
  // Without a classifier a dry run that was not refused for its bounds is a 503.
  api = await startApi({ CLASSIFIER_URL: "http://127.0.0.1:9" });
});
afterAll(() => api.stop());

interface Bounds {
  min?: JobClass | undefined;
  max?: JobClass | undefined;
}

async function keyWith({ min, max }: Bounds): Promise<string> {
  return api.createKey("acme", {
    ...(min === undefined ? {} : { minClass: min }),
    ...(max === undefined ? {} : { maxClass: max }),
  });
}

const bodyWith = ({ min, max }: Bounds) => ({ input: "x", min_class: min, max_class: max });
const submit = async (key: Bounds, body: Bounds) =>
  ask(api.url, "POST /v1/jobs", { key: await keyWith(key), body: bodyWith(body) });

test.each<[key: Bounds, body: Bounds, min: JobClass | null, max: JobClass | null]>([
  [{}, {}, null, null],
  [{}, { min: "CALCULATION" }, "CALCULATION", null],
  [{ max: "CALCULATION" }, {}, null, "CALCULATION"],
  [{ min: "SIMPLE" }, { min: "COMPLEX" }, "COMPLEX", null],
  [{ min: "COMPLEX" }, { min: "SIMPLE" }, "COMPLEX", null],
  [{ max: "SIMPLE" }, { max: "COMPLEX" }, null, "SIMPLE"],
  [{ max: "COMPLEX" }, { min: "COMPLEX", max: "COMPLEX" }, "COMPLEX", "COMPLEX"],
  [{ min: "CALCULATION" }, { max: "CALCULATION" }, "CALCULATION", "CALCULATION"],
])("of a key with %o and a job with %o the narrower bounds hold", async (key, body, min, max) => {
  const { status, body: shown } = await submit(key, body);
  expect([status, shown.min_class, shown.max_class]).toEqual([202, min, max]);
  const row = await api.ledger.jobs.read(shown.id);
  expect(row?.request.bounds).toEqual(min === null && max === null ? undefined : { min, max });
});

const AGAINST = JOB_CLASSES.flatMap((of) =>
  JOB_CLASSES.slice(JOB_CLASSES.indexOf(of) + 1).flatMap((above): [Bounds, Bounds, string][] => [
    [{ max: of }, { min: above }, `min_class ${above} is above ${of}, the max_class of the API key`],
    [{ min: above }, { max: of }, `max_class ${of} is below ${above}, the min_class of the API key`],
  ]),
);

test.each(AGAINST)(
  "a key with %o refuses a job with %o, and says which bound it is",
  async (key, body, says) => {
    const before = await jobRowsIn(api);
    const caller = await keyWith(key);
    for (const route of ["POST /v1/jobs", "POST /v1/route/explain"]) {
      const answer = await ask(api.url, route, { key: caller, body: bodyWith(body) });
      expect([answer.status, answer.body.code]).toEqual([422, "class_not_allowed"]);
      expect(answer.body.detail).toBe(says);
    }
    const batch = await ask(api.url, "POST /v1/jobs/batch", {
      key: caller,
      body: [bodyWith(body), { input: "x" }],
    });
    expect(batch.body).toMatchObject({ accepted: 1, rejected: 1 });
    expect(batch.body.items[0]).toMatchObject({
      status: 422,
      error: { code: "class_not_allowed", detail: says },
    });
    expect(batch.body.items[1].status).toBe(202);
    expect(await jobRowsIn(api)).toHaveLength(before.length + 1);
  },
);

test("a refused job leaves its Idempotency-Key free, and what was accepted under it stays as it is", async () => {
  const [cheap, free] = await Promise.all([keyWith({ max: "SIMPLE" }), keyWith({})]);
  const send = (key: string) =>
    ask(api.url, "POST /v1/jobs", {
      key,
      body: bodyWith({ min: "COMPLEX" }),
      headers: { "idempotency-key": "bounds" },
    });
  expect((await send(cheap)).status).toBe(422);
  const first = await send(free);
  expect([first.status, first.body.min_class]).toEqual([202, "COMPLEX"]);
  const again = await send(cheap);
  expect([again.status, again.body.id]).toEqual([202, first.body.id]);
});

test("a batch's items have bounds of their own", async () => {
  const key = await keyWith({ min: "CALCULATION" });
  const body = [bodyWith({}), bodyWith({ min: "COMPLEX" })];
  const { items } = (await ask(api.url, "POST /v1/jobs/batch", { key, body })).body;
  const rows = await Promise.all(items.map(({ id }: { id: string }) => api.ledger.jobs.read(id)));
  expect(rows.map((row) => row?.request.bounds)).toEqual([
    { min: "CALCULATION", max: null },
    { min: "COMPLEX", max: null },
  ]);
});
