import { connect } from "node:net";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { rawRequest, sendRaw } from "./raw-http.ts";
import { type Api, ask, keysIn, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
let stored: string[];
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
  stored = await keysIn(api.dynamodbUrl, api.table);
});
afterAll(() => api.stop());

const BODY = '{"input":"x"}';
const JSON_TYPE = "Content-Type: application/json";

/** Header lines of a submit: the caller's key, then what the case says. */
const submit = (headers: readonly string[], body = BODY) =>
  sendRaw(api.port, [
    rawRequest(
      "POST /v1/jobs",
      [`Authorization: Bearer ${key}`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`],
      body,
    ),
  ]);

const codeOf = (body: string) => (JSON.parse(body) as { code: string }).code;

/** A case stores nothing and leaves the API well. */
afterEach(async () => {
  expect((await ask(api.url, "GET /v1/models", { key })).status).toBe(200);
  const before = stored;
  stored = await keysIn(api.dynamodbUrl, api.table);
  expect(stored.length - before.length).toBe(accepted * 2);
  accepted = 0;
});
let accepted = 0;

describe("headers of a submit", () => {
  const long = (bytes: number) => "k".repeat(bytes);
  test.each<[name: string, headers: string[], status: number, code: string]>([
    ["no content type", [], 415, "unsupported_media_type"],
    ["an empty content type", ["Content-Type:"], 415, "unsupported_media_type"],
    ["a form", ["Content-Type: application/x-www-form-urlencoded"], 415, "unsupported_media_type"],
    ["text", ["Content-Type: text/plain"], 415, "unsupported_media_type"],
    ["NDJSON", ["Content-Type: application/x-ndjson"], 415, "unsupported_media_type"],
    ["JSON of something", ["Content-Type: application/json5"], 415, "unsupported_media_type"],
    ["multipart", ["Content-Type: multipart/form-data; boundary=x"], 415, "unsupported_media_type"],
    ["gzip", [JSON_TYPE, "Content-Encoding: gzip"], 415, "unsupported_media_type"],
    ["br", [JSON_TYPE, "Content-Encoding: br"], 415, "unsupported_media_type"],
    ["an unknown encoding", [JSON_TYPE, "Content-Encoding: rot13"], 415, "unsupported_media_type"],
    ["two encodings", [JSON_TYPE, "Content-Encoding: gzip, gzip"], 415, "unsupported_media_type"],
    ["an empty key", [JSON_TYPE, "Idempotency-Key:"], 400, "validation_failed"],
    ["a quoted empty key", [JSON_TYPE, 'Idempotency-Key: ""'], 400, "validation_failed"],
    ["a key with a blank", [JSON_TYPE, "Idempotency-Key: a b"], 400, "validation_failed"],
    ["a key with a tab", [JSON_TYPE, "Idempotency-Key: a\tb"], 400, "validation_failed"],
    ["a key in Latin-1", [JSON_TYPE, "Idempotency-Key: caf\xe9"], 400, "validation_failed"],
    ["a key in UTF-8", [JSON_TYPE, "Idempotency-Key: \xf0\x9f\x91\x8b"], 400, "validation_failed"],
    ["a key with 0x7f", [JSON_TYPE, "Idempotency-Key: a\x7f"], 400, "validation_failed"],
    ["a key of 256", [JSON_TYPE, `Idempotency-Key: ${long(256)}`], 400, "validation_failed"],
    ["a quoted key of 256", [JSON_TYPE, `Idempotency-Key: "${long(256)}"`], 400, "validation_failed"],
    ["a key of 10 KB", [JSON_TYPE, `Idempotency-Key: ${long(10_000)}`], 400, "validation_failed"],
    ["two keys", [JSON_TYPE, "Idempotency-Key: a", "Idempotency-Key: b"], 400, "validation_failed"],
    ["one key twice", [JSON_TYPE, "Idempotency-Key: a", "idempotency-key: a"], 400, "validation_failed"],
  ])("%s: refused by name", async (_, headers, status, code) => {
    const answer = await submit(headers);
    expect([answer.status, codeOf(answer.body)]).toEqual([status, code]);
    expect(answer.headers).toMatch(/content-type: application\/problem\+json/i);
  });

  test.each<[name: string, headers: string[]]>([
    ["two Authorization headers", ["Authorization: Bearer sk-sy-other-0123456789abcdef"]],
    ["the same Authorization twice", ["Authorization: Bearer"]],
  ])("%s: refused, since it is unclear which one counts", async (_, headers) => {
    const answer = await submit([JSON_TYPE, ...headers]);
    expect([answer.status, codeOf(answer.body)]).toEqual([401, "unauthenticated"]);
  });

  test.each<[name: string, headers: string[], status: number]>([
    ["a NUL in a value", ["X-Odd: a\0b"], 400],
    ["a bare CR in a value", ["X-Odd: a\rSet-Cookie: b"], 400],
    ["a folded value", ["X-Odd: a", " b"], 400],
    ["a blank before the colon", ["X-Odd : a"], 400],
    ["a name with brackets", ["X-(Odd): a"], 400],
    ["no colon", ["X-Odd"], 400],
    ["no name", [": a"], 400],
    ["two lengths", ["Content-Length: 5"], 400],
    ["a negative length", ["Content-Length: -1"], 400],
    ["length and chunks", ["Transfer-Encoding: chunked"], 400],
    ["chunks in disguise", ["Transfer-Encoding: xchunked"], 400],
    ["chunks twice", ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], 400],
    ["17 KB in one header", [`X-Odd: ${long(17_000)}`], 431],
    ["17 KB in many headers", Array.from({ length: 300 }, (_, index) => `X-Odd-${index}: ${long(50)}`), 431],
  ])("%s: refused before it is a request", async (_, headers, status) => {
    const answer = await submit([JSON_TYPE, ...headers]);
    expect(answer.status).toBe(status);
    expect(answer.headers).toContain("Content-Type: application/problem+json");
    expect(JSON.parse(answer.body)).toMatchObject({ status, code: "validation_failed" });
  });

  test.each<[name: string, headers: string[]]>([
    ["a charset", ["Content-Type: application/json; charset=utf-8"]],
    ["capitals", ["CONTENT-TYPE: Application/JSON"]],
    ["identity", [JSON_TYPE, "Content-Encoding: identity"]],
    ["a line break that ends the value", [JSON_TYPE, "Idempotency-Key: a1\r\nX-Injected: yes"]],
    ["a key of 255", [JSON_TYPE, `Idempotency-Key: ${long(255)}`]],
    ["preferences nobody knows", [JSON_TYPE, `Prefer: ${long(4_000)}`, "Prefer: =;,"]],
    ["a foreign host", [JSON_TYPE, "X-Forwarded-Host: evil.example", "X-Forwarded-For: 127.0.0.1"]],
    ["an upgrade", [JSON_TYPE, "Upgrade: h2c"]],
    ["a request id of 10 KB", [JSON_TYPE, `X-Request-Id: ${long(10_000)}`]],
    ["a request id in Latin-1", [JSON_TYPE, "X-Request-Id: caf\xe9"]],
    ["Expect: 100-continue", [JSON_TYPE, "Expect: 100-continue"]],
    ["a tag nobody gave out", [JSON_TYPE, "If-None-Match: \xff"]],
  ])("%s: harmless", async (_, headers) => {
    const answer = await submit(headers);
    expect(answer.status).toBe(202);
    expect(answer.headers).not.toMatch(/evil|injected/i);
    expect(answer.headers).toMatch(/x-request-id: req_[\w-]{16}\r\n/);
    accepted += 1;
  });

  test("an expectation that nobody can meet is refused", async () => {
    const answer = await submit([JSON_TYPE, "Expect: a-miracle"]);
    expect(answer.status).toBe(417);
    expect(answer.headers).toContain("Content-Type: application/problem+json");
    expect(JSON.parse(answer.body)).toMatchObject({ status: 417, code: "validation_failed" });
  });
});

describe("what is no request", () => {
  test.each<[name: string, bytes: string | Uint8Array]>([
    ["a TLS greeting", Buffer.from("16030100a5010000a10303", "hex")],
    ["a Redis command", "*1\r\n$4\r\nPING\r\n"],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["HTTP/3.7", "GET /v1/models HTTP/3.7\r\nHost: x\r\n\r\n"],
    ["an unknown method", "BREW /v1/jobs HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a method in small letters", "get /v1/jobs HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a blank in the path", "GET /v1/ jobs HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a NUL in the path", "GET /v1/\0 HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a chunk of no length", `${rawRequest("POST /v1/jobs", ["Transfer-Encoding: chunked"])}zz\r\n`],
    [
      "a chunk of 2^64",
      `${rawRequest("POST /v1/jobs", ["Transfer-Encoding: chunked"])}FFFFFFFFFFFFFFFFF\r\n`,
    ],
    ["noise", Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7 + 13) % 256))],
  ])("%s is answered with a 400 and hung up on", async (_, bytes) => {
    const answer = await sendRaw(api.port, [bytes]);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ status: 400, code: "validation_failed" });
  });

  test.each([
    ["without a host", ""],
    ["with two hosts", "Host: a\r\nHost: b\r\n"],
  ])("a request %s is refused", async (_, hosts) => {
    const answer = await sendRaw(api.port, [`GET /v1/models HTTP/1.1\r\n${hosts}\r\n`]);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ status: 400, code: "validation_failed" });
  });

  test("a request of HTTP/1.0 needs no host", async () => {
    const headers = `Authorization: Bearer ${key}\r\n`;
    expect((await sendRaw(api.port, [`GET /v1/models HTTP/1.0\r\n${headers}\r\n`])).status).toBe(200);
  });

  test("a tunnel is not built", async () => {
    const answer = await sendRaw(api.port, ["CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n"]);
    expect(answer.status).toBeNull();
  });

  test("a client that leaves in the middle of a body stores nothing", async () => {
    const gone = connect(api.port, "127.0.0.1");
    gone.on("error", () => {});
    const headers = [`Authorization: Bearer ${key}`, JSON_TYPE, "Content-Length: 1000"];
    gone.write(rawRequest("POST /v1/jobs", headers, '{"input":'));
    await ask(api.url, "GET /v1/models", { key });
    gone.resetAndDestroy();
    await new Promise((resolve) => gone.once("close", resolve));
  });

  test("a body longer than its length is never taken as it was meant", async () => {
    const headers = [`Authorization: Bearer ${key}`, JSON_TYPE, "Content-Length: 5"];
    const longer = await sendRaw(api.port, [rawRequest("POST /v1/jobs", headers, BODY)]);
    // Refused for its first 5 bytes or for those behind them, whichever is seen first.
    expect(longer.status).toBe(400);
    expect(["invalid_json", "validation_failed"]).toContain(codeOf(longer.body));
  });
});

describe("paths", () => {
  const ID = "job_00000000000000000000000000";
  test.each<[path: string, status: number, code: string]>([
    ["/v1/jobs/..%2f..%2fetc%2fpasswd", 404, "not_found"],
    ["/v1/jobs/../../etc/passwd", 404, "not_found"],
    ["/v1/jobs/%2e%2e", 404, "not_found"],
    ["/v1/jobs/a%2Fb", 404, "not_found"],
    ["/v1/jobs/a:b:c", 404, "not_found"],
    ["/v1/jobs/:id", 404, "not_found"],
    ["/v1/jobs/0", 404, "not_found"],
    ["/v1/jobs/-1", 404, "not_found"],
    ["/v1/jobs/null", 404, "not_found"],
    ["/v1/jobs/__proto__", 404, "not_found"],
    ["/v1/jobs/constructor", 404, "not_found"],
    ["/v1/jobs/%00", 404, "not_found"],
    ["/v1/jobs/%0d%0aSet-Cookie:x", 404, "not_found"],
    ["/v1/jobs/%F0%9F%91%8B", 404, "not_found"],
    ["/v1/jobs/*", 404, "not_found"],
    ["/v1/jobs/'%20OR%201=1", 404, "not_found"],
    ["/v1/jobs/batch", 404, "not_found"],
    [`/v1/jobs/${ID}%20`, 404, "not_found"],
    [`/v1/jobs/${ID.toUpperCase()}`, 404, "not_found"],
    [`/v1/jobs/${ID.replace("0", "i")}`, 404, "not_found"],
    [`/v1/jobs/${ID};v=1`, 404, "not_found"],
    [`/v1/jobs/${"x".repeat(5_000)}`, 404, "not_found"],
    [`/v1/jobs/${"%2e%2e%2f".repeat(500)}`, 404, "not_found"],
    ["/v1/jobs/%E0%A4%A", 400, "validation_failed"],
    ["/v1/jobs/%", 400, "validation_failed"],
    ["/v1/jobs/%ff", 400, "validation_failed"],
    ["/v1/jobs//cancel", 404, "not_found"],
    ["//v1/jobs", 404, "not_found"],
    ["/V1/JOBS", 404, "not_found"],
    ["/v1", 404, "not_found"],
    ["/", 404, "not_found"],
    ["/v1/jobsx", 404, "not_found"],
    ["/v1/jobs.json", 404, "not_found"],
    ["/.env", 404, "not_found"],
    ["/admin", 404, "not_found"],
    ["/v1/proxy/openai", 404, "not_found"],
    ["*", 404, "not_found"],
  ])("GET %s", async (path, status, code) => {
    const answer = await sendRaw(api.port, [rawRequest(`GET ${path}`, [`Authorization: Bearer ${key}`])]);
    expect([answer.status, codeOf(answer.body)]).toEqual([status, code]);
    expect(answer.headers).not.toMatch(/set-cookie/i);
  });

  test.each([
    ["/v1/jobs?limit=0", "limit"],
    ["/v1/jobs?limit=101", "limit"],
    ["/v1/jobs?limit=-1", "limit"],
    ["/v1/jobs?limit=1e1", "limit"],
    ["/v1/jobs?limit=", "limit"],
    ["/v1/jobs?limit=1&limit=2", "limit"],
    ["/v1/jobs?limit[]=1", "limit[]"],
    ["/v1/jobs?limit=%EF%BC%91", "limit"],
    ["/v1/jobs?order=random", "order"],
    ["/v1/jobs?order=ASC", "order"],
    ["/v1/jobs?status=done", "status"],
    ["/v1/jobs?status=queued&status=failed", "status"],
    ["/v1/jobs?class=simple", "class"],
    ["/v1/jobs?from=today", "from"],
    ["/v1/jobs?to=2026-01-01", "to"],
    [`/v1/jobs?model=${"m".repeat(129)}`, "model"],
    ["/v1/jobs?tenant=globex", "tenant"],
    ["/v1/jobs?constructor=1", "constructor"],
    ["/v1/jobs?__proto__=1", "__proto__"],
    [`/v1/jobs?after=${"x".repeat(5_000)}`, "after"],
  ])("GET %s is refused by name", async (path, name) => {
    const answer = await ask(api.url, `GET ${path}`, { key });
    expect([answer.status, answer.body.code]).toEqual([400, "validation_failed"]);
    expect(answer.body.errors.map((problem: { path: string }) => problem.path)).toContain(name);
  });

  test("a list with several wrong parameters is told all of them at once", async () => {
    const answer = await ask(api.url, "GET /v1/jobs?limit=0&order=x&status=y&from=z&odd=1", { key });
    expect(answer.body.errors).toHaveLength(5);
  });

  test.each([
    ["DELETE /v1/jobs", "POST, GET, HEAD"],
    ["PUT /v1/jobs", "POST, GET, HEAD"],
    ["PATCH /v1/jobs", "POST, GET, HEAD"],
    ["OPTIONS /v1/jobs", "POST, GET, HEAD"],
    [`DELETE /v1/jobs/${ID}`, "GET, HEAD"],
    [`GET /v1/jobs/${ID}/cancel`, "POST"],
    ["PUT /v1/jobs/batch", "GET, HEAD, POST"],
    ["GET /v1/route/explain", "POST"],
    ["POST /v1/models", "GET, HEAD"],
  ])("%s is a 405 that names what is allowed", async (line, allowed) => {
    const answer = await ask(api.url, line, { key });
    expect([answer.status, answer.body.code]).toEqual([405, "method_not_allowed"]);
    expect(answer.headers.get("allow")).toBe(allowed);
  });

  test("a slash at the end is the same route", async () => {
    expect((await ask(api.url, "GET /v1/jobs/", { key })).status).toBe(200);
    expect((await ask(api.url, "GET /v1/models/", { key })).status).toBe(200);
  });
});
