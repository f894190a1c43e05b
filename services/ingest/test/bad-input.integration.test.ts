import { type RunningProcess, startProcess, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BAD_BODIES, CANARY, ODD_BODIES } from "./bad-bodies.ts";
import { apiEnvironment, ask, keysIn, openTable } from "./support.ts";

afterAll(watchLeaks());

/** A process of its own: what it logs can be read, and that it is alive means something. */
let ingest: RunningProcess;
let opened: ReturnType<typeof openTable>;
let url: string;
let key: string;
let stored: string[];
beforeAll(async () => {
  const environment = { ...(await apiEnvironment()), LOG_LEVEL: "trace" };
  ingest = startProcess({
    entry: new URL("../src/main.ts", import.meta.url),
    name: "ingest",
    env: environment,
  });
  const ready = await ingest.waitForLog((line) => line.includes('"ready"'), { timeoutMs: 30_000 });
  url = `http://127.0.0.1:${(JSON.parse(ready) as { port: number }).port}`;
  opened = openTable(environment);
  key = await opened.createKey("acme");
  stored = await keysIn(opened.dynamodbUrl, opened.table);
});
afterAll(async () => {
  opened.close();
  expect(await ingest.stop()).toEqual({ code: 0, signal: null });
});

const post = (body: unknown, headers: Record<string, string> = {}) =>
  ask(url, "POST /v1/jobs", { key, body, headers });

/** What holds for every refusal, whatever was wrong. */
function expectRefusal(answer: Awaited<ReturnType<typeof post>>, status: number, code: string): void {
  expect([answer.status, answer.body?.code]).toEqual([status, code]);
  expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  expect(answer.headers.get("x-should-retry")).toBe("false");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.body).toMatchObject({ type: `/docs/errors#${code}`, status, title: expect.any(String) });
  expect(answer.body.error).toMatchObject({ message: answer.body.detail, type: expect.any(String) });
  expect(answer.text.length).toBeLessThan(20_000);
  expect(answer.text).not.toMatch(/node_modules|\.ts:\d|at .+ \(/);
}

const STATUS: Record<string, number> = {
  validation_failed: 400,
  invalid_json: 400,
  unknown_model: 404,
  context_window_exceeded: 400,
  payload_too_large: 413,
};

test("there are at least 150 bad bodies, each with a name of its own", () => {
  expect(BAD_BODIES.length).toBeGreaterThanOrEqual(150);
  expect(new Set(BAD_BODIES.map(({ name }) => name)).size).toBe(BAD_BODIES.length);
});

describe("a body with", () => {
  afterEach(async () => {
    const before = stored;
    stored = await keysIn(opened.dynamodbUrl, opened.table);
    expect(stored).toEqual(before);
  });

  test.each(BAD_BODIES)(
    "$name is refused by name, and nothing is stored",
    async ({ text, code, paths = [] }) => {
      const headers = { "content-type": "application/json" };
      const answer = await post(text, headers);
      expectRefusal(answer, STATUS[code] ?? 0, code);
      const told = (answer.body.errors ?? []).map((problem: { path: string }) => problem.path);
      expect(told).toEqual(expect.arrayContaining([...paths]));
      const explained = await ask(url, "POST /v1/route/explain", { key, body: text, headers });
      expect([explained.status, explained.body.code]).toEqual([answer.status, code]);
    },
  );

  test("ten problems is told all ten at once", async () => {
    const answer = await post({
      model: 5,
      max_output_tokens: -1,
      deadline: "2020-01-01T00:00:00Z",
      max_cost_usd: "0",
      on_unknown: CANARY,
      metadata: { [`${"k".repeat(64)}k`]: "x", k: 7 },
      messages: [{ role: CANARY, content: "x" }],
      input: "x",
      temperature: 1,
    });
    expectRefusal(answer, 400, "validation_failed");
    const told: string[] = answer.body.errors.map((problem: { path: string }) => problem.path);
    expect(told.toSorted()).toEqual(
      [
        "deadline",
        "max_cost_usd",
        "max_output_tokens",
        "messages",
        "messages.0.role",
        "metadata.k",
        `metadata.${"k".repeat(64)}`,
        "model",
        "on_unknown",
        "temperature",
      ].toSorted(),
    );
  });

  test("thousands of problems is told the first 50", async () => {
    const { body } = await post(
      JSON.stringify({ messages: Array(900).fill({ role: 1, content: 2, name: 3 }) }),
    );
    expect(body.errors).toHaveLength(50);
  });
});

describe("a body of", () => {
  const sized = (bytes: number) => JSON.stringify({ input: "x".repeat(bytes - '{"input":""}'.length) });

  test("1 MB is read, and of one byte more refused", async () => {
    // Its prompt fits no window, which is seen only once it has been read and parsed.
    expectRefusal(await post(sized(1_048_576)), 400, "context_window_exceeded");
    expectRefusal(await post(sized(1_048_577)), 413, "payload_too_large");
  });

  test("8 MB is read as a batch, and of one byte more refused", async () => {
    const batch = (bytes: number) =>
      ask(url, "POST /v1/jobs/batch", { key, body: `[${" ".repeat(bytes - 3)}7]` });
    expect((await batch(8 * 1_048_576)).body).toMatchObject({ object: "batch", accepted: 0 });
    expectRefusal(await batch(8 * 1_048_576 + 1), 413, "payload_too_large");
  });

  test("1 MB in chunks, its length unknown, has the same bound", async () => {
    const chunk = new Uint8Array(65_536).fill(0x20);
    const body = (chunks: number) =>
      new ReadableStream({
        start(controller) {
          for (let sent = 0; sent < chunks; sent += 1) controller.enqueue(chunk);
          controller.close();
        },
      });
    const send = async (chunks: number) => {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      const options = { method: "POST", headers, body: body(chunks), duplex: "half" } as RequestInit;
      return (await fetch(`${url}/v1/jobs`, options)).status;
    };
    expect([await send(16), await send(17)]).toEqual([400, 413]);
  });
});

test.each(ODD_BODIES)(
  "a body with $name is odd and right: it is stored as it is",
  async ({ text, prompt }) => {
    const answer = await post(text, { "content-type": "application/json" });
    expect(answer.status).toBe(202);
    const row = await opened.ledger.jobs.read(answer.body.id);
    if (row === null) throw new Error("the job is not stored");
    expect(await opened.ledger.contents.readPrompt(row)).toEqual([{ role: "user", content: prompt }]);
    expect((await ask(url, `GET /v1/jobs/${answer.body.id}`, { key })).body.metadata).toEqual(
      answer.body.metadata,
    );
  },
);

test("what callers sent is in no log line, and every request has one", async () => {
  const marked = { input: `${CANARY} ${key}`, metadata: { [CANARY]: CANARY } };
  const accepted = await post(marked, { "idempotency-key": CANARY, "user-agent": CANARY });
  expect(accepted.status).toBe(202);
  const last = await ask(url, `GET /v1/${CANARY}?${CANARY}`, {
    key,
    headers: { "x-request-id": "the-last" },
  });
  expect(last.status).toBe(404);
  await ingest.waitForLog((line) => line.includes("the-last"));
  const lines = ingest.logs();
  expect(lines.length).toBeGreaterThan(300);
  expect(lines.filter((line) => line.includes(CANARY) || line.includes(key))).toEqual([]);
  expect(lines.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)).toEqual([]);
});
