import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { driver } from "./drive-job.ts";
import { type Api, ask, jobRowsIn, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
});
afterAll(() => api.stop());

const NDJSON = { "content-type": "application/x-ndjson" };

const batch = (body: unknown, headers: Record<string, string> = {}) =>
  ask(api.url, "POST /v1/jobs/batch", { key, body, headers });

describe("a batch", () => {
  test("accepts and refuses each item on its own, in the order they came", async () => {
    const { status, body } = await batch([
      { input: "first" },
      { input: "" },
      { input: "third", model: "sim-smal" },
      null,
      { input: "fifth", messages: [] },
      { messages: [{ role: "user", content: "sixth" }], metadata: { n: "6" } },
    ]);
    expect(status).toBe(202);
    expect(body).toMatchObject({ object: "batch", accepted: 2, rejected: 4 });
    const summary = body.items.map((item: { index: number; status: number; error?: { code: string } }) => [
      item.index,
      item.status,
      item.error?.code,
    ]);
    expect(summary).toEqual([
      [0, 202, undefined],
      [1, 400, "validation_failed"],
      [2, 404, "unknown_model"],
      [3, 400, "validation_failed"],
      [4, 400, "validation_failed"],
      [5, 202, undefined],
    ]);
    expect(body.items[1].error.errors).toMatchObject([{ path: "input", detail: "must not be empty" }]);
    const row = await driver(api).row(body.items[5].id);
    expect(await api.ledger.contents.readPrompt(row)).toEqual([{ role: "user", content: "sixth" }]);
  });

  test("as NDJSON is the same, and a broken line refuses only itself", async () => {
    const lines = ['{"input":"one"}', "{broken", "", '  {"input":"two"}\r', "[1]"].join("\n");
    for (const type of ["application/x-ndjson", "application/ndjson; charset=utf-8"]) {
      const { status, body } = await batch(lines, { "content-type": type });
      expect(status).toBe(202);
      expect(body.items.map((item: { status: number }) => item.status)).toEqual([202, 400, 202, 400]);
      expect(body.items[1].error.code).toBe("invalid_json");
    }
  });

  test("of 1,000 items is taken and of 1,001 refused whole", async () => {
    const items = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ input: `item ${index}` }));
    const before = (await jobRowsIn(api)).length;
    const over = await batch(items(1_001));
    expect([over.status, over.body.code]).toEqual([400, "validation_failed"]);
    const lines = items(1_001).map((item) => JSON.stringify(item));
    expect((await batch(lines.join("\n"), NDJSON)).status).toBe(400);
    expect((await jobRowsIn(api)).length).toBe(before);
    const full = await batch(items(1_000));
    expect(full.body).toMatchObject({ accepted: 1_000, rejected: 0 });
    expect(full.body.items.map((item: { index: number }) => item.index)).toEqual(
      items(1_000).map((_, i) => i),
    );
    expect(new Set(full.body.items.map((item: { id: string }) => item.id)).size).toBe(1_000);
    expect((await jobRowsIn(api)).length).toBe(before + 1_000);
  });

  test.each([["[]"], ["{}"], ['"x"'], ["1"], ["null"], ["[1"]])(
    "that is %s is refused whole",
    async (text) => {
      expect((await batch(text)).status).toBe(400);
    },
  );

  test("without a line that says something is refused whole", async () => {
    expect((await batch("\n \r\n", NDJSON)).status).toBe(400);
  });

  test("holds each item to the bound of a single submit", async () => {
    const items = [{ input: "x".repeat(1_048_577) }, { input: "small" }];
    const { body } = await batch(items);
    expect(body.items).toMatchObject([
      { status: 413, error: { code: "payload_too_large" } },
      { status: 202 },
    ]);
  });
});

describe("keys of a batch", () => {
  test("an item's own key makes it the same job in any later batch", async () => {
    const item = { input: "x", idempotency_key: "item-1" };
    const first = await batch([item]);
    const later = await batch([{ input: "other" }, item]);
    expect(later.body.items[1].id).toBe(first.body.items[0].id);
    const reused = await batch([{ input: "y", idempotency_key: "item-1" }]);
    expect(reused.body.items[0]).toMatchObject({ status: 422, error: { code: "idempotency_key_reused" } });
  });

  test("the header's key with an item's place makes the whole batch repeatable", async () => {
    const headers = { "idempotency-key": "batch-1" };
    const items = [{ input: "a" }, { input: "a" }, { input: "c", idempotency_key: "own" }];
    const first = await batch(items, headers);
    const again = await batch(items, headers);
    expect(again.body).toEqual(first.body);
    expect(new Set(first.body.items.map((item: { id: string }) => item.id)).size).toBe(3);
    const elsewhere = await batch([{ input: "c", idempotency_key: "own" }]);
    expect(elsewhere.body.items[0].id).toBe(first.body.items[2].id);
  });

  test("a header's key and an item's key never meet", async () => {
    const first = await batch([{ input: "a" }], { "idempotency-key": "k" });
    for (const own of ["k:0", "k0", "k"]) {
      const { body } = await batch([{ input: "b", idempotency_key: own }]);
      expect(body.items[0].status).toBe(202);
      expect(body.items[0].id).not.toBe(first.body.items[0].id);
    }
  });

  test("a key that is no key is told together with the other problems of its item", async () => {
    for (const idempotency_key of [7, null, "", "two words", "ü", "x".repeat(256), ["a"]]) {
      const { body } = await batch([{ idempotency_key, model: 5 }]);
      expect(body.items[0].status).toBe(400);
      const paths = body.items[0].error.errors.map((problem: { path: string }) => problem.path);
      expect(paths.toSorted()).toEqual(["idempotency_key", "input", "model"]);
    }
  });

  test("the same item twice in one batch is one job", async () => {
    const item = { input: "twin", idempotency_key: "twins" };
    const { body } = await batch([item, item, item]);
    expect(new Set(body.items.map((one: { id: string }) => one.id)).size).toBe(1);
    expect(body.accepted).toBe(3);
  });
});
