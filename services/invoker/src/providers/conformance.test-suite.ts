import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { inspect } from "node:util";
import type { ProviderKind } from "@switchyard/shared/catalogue";
import { Usage } from "@switchyard/shared/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { CompletionRequest, Outcome, ProviderClient } from "./provider.ts";
import { clientFor, SECRETS, Stand } from "./stand.test-suite.ts";

const Shape = z.strictObject({
  promise: z.string(),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  /** Sent as JSON; `text` is sent as it stands. */
  body: z.unknown().optional(),
  text: z.string().optional(),
  expect: z.looseObject({ kind: z.enum(["settled", "void", "unknown"]) }),
});
type Shape = z.infer<typeof Shape>;

export function requestFor(overrides: Partial<CompletionRequest> = {}): CompletionRequest {
  return {
    attemptId: "attempt-1",
    jobId: "job-1",
    providerModel: "model-under-test",
    // Long enough for the token counts of the recorded bodies.
    messages: [
      { role: "user", content: `${SECRETS.prompt}. ${"Which is the capital of France? ".repeat(100)}` },
    ],
    maxOutputTokens: 256,
    bytesPerToken: 3,
    timeoutMs: 10_000,
    signal: new AbortController().signal,
    ...overrides,
  };
}

/** What every adapter must make of answers recorded from providers, and of broken connections. */
export function describeConformance(kind: ProviderKind): void {
  describe(`${kind} adapter`, () => {
    const stand = new Stand(kind);
    beforeAll(() => stand.open());
    afterAll(() => stand.close());
    for (const group of groupsOf(kind)) describe(group.name, () => describeBodies(stand, group.shapes));
    describe("request", () => describeRequest(stand));
    describe("limits", () => describeLimits(stand));
    describe("connection", () => describeConnection(stand));
    describe("withdrawal", () => describeWithdrawal(stand));
  });
}

function describeBodies(stand: Stand, shapes: readonly Shape[]): void {
  for (const shape of shapes) {
    test(shape.promise, async () => {
      stand.answer = (_request, response) => answerWith(shape, response);
      expectOutcome(await stand.client.complete(requestFor()), shape.expect);
    });
  }
}

function describeRequest(stand: Stand): void {
  test("a call names its attempt and its job, and asks for no compression", async () => {
    let headers: IncomingMessage["headers"] = {};
    stand.answer = (request, response) => {
      headers = request.headers;
      response.writeHead(503).end();
    };
    await stand.client.complete(requestFor({ attemptId: "a-7", jobId: "j-9" }));
    expect(headers).toMatchObject({
      "x-switchyard-attempt": "a-7",
      "x-switchyard-job": "j-9",
      "accept-encoding": "identity",
    });
  });

  test("a call with a temperature and a schema is one that the provider takes and answers", async () => {
    const bodies: Record<string, unknown>[] = [];
    stand.onBody = (body) => bodies.push(JSON.parse(body) as Record<string, unknown>);
    stand.answer = (_request, response) => response.writeHead(503).end();
    const schema = { type: "object", properties: {}, required: [], additionalProperties: false };
    await stand.client.complete(requestFor({ temperature: 0, answerSchema: { name: "judgement", schema } }));
    await stand.client.complete(requestFor());
    stand.onBody = () => {};
    expect(JSON.stringify(bodies[0])).toContain('"temperature":0');
    expect(JSON.stringify(bodies[1])).not.toMatch(/temperature|judgement/);
    if (stand.kind === "openai") {
      const format = { type: "json_schema", json_schema: { name: "judgement", strict: true, schema } };
      expect(bodies[0]).toMatchObject({ temperature: 0, response_format: format });
    }
  });

  test("a call asks for its service tier, and for none unless it has one", async () => {
    const bodies: Record<string, unknown>[] = [];
    stand.onBody = (body) => bodies.push(JSON.parse(body) as Record<string, unknown>);
    stand.answer = (_request, response) => response.writeHead(503).end();
    await stand.client.complete(requestFor({ serviceTier: "flex" }));
    await stand.client.complete(requestFor());
    stand.onBody = () => {};
    const asked = stand.kind === "openai" ? { service_tier: "flex" } : { serviceTier: { type: "flex" } };
    expect(bodies[0]).toMatchObject(asked);
    expect(JSON.stringify(bodies[1])).not.toContain("ier");
  });

  test("a failed call is made once and a redirect is not followed", async () => {
    let calls = 0;
    for (const status of [307, 429, 500, 503]) {
      stand.answer = (_request, response) => {
        calls += 1;
        response.writeHead(status, { location: `${stand.url}/elsewhere` }).end();
      };
      await stand.client.complete(requestFor());
    }
    expect(calls).toBe(4);
  });
}

function describeLimits(stand: Stand): void {
  test("a silent provider ends as unknown at the deadline, and is hung up on", async () => {
    const closed = new Promise((resolve) => {
      stand.answer = (request) => request.socket.on("close", resolve);
    });
    await expectDeadline(stand.client, 200);
    await closed;
  });

  test("a trickling body ends as unknown at the deadline", async () => {
    stand.answer = (_request, response) => {
      const timer = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(timer));
    };
    await expectDeadline(stand.client, 200);
  });

  test("an endless body ends as unknown at the size limit", async () => {
    stand.answer = (_request, response) => {
      const piece = Buffer.alloc(1_048_576, " ");
      const pump = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on("drain", pump);
      pump();
    };
    const outcome = await stand.client.complete(requestFor());
    expectOutcome(outcome, { kind: "unknown" });
    expect(inspect(outcome)).toContain("longer than 8388608 bytes");
  });

  test("a call whose deadline passes while it waits for a connection is void and is never sent", async () => {
    const client = clientFor(stand.kind, stand.url, { maxConnections: 1 });
    const arrived: unknown[] = [];
    const first = new Promise<ServerResponse>((resolve) => {
      stand.answer = (request, response) => {
        arrived.push(request.headers["x-switchyard-attempt"]);
        if (arrived.length === 1) resolve(response);
        else response.writeHead(503).end();
      };
    });
    const calls = [client.complete(requestFor({ attemptId: "first" }))];
    const response = await first;
    const late = await client.complete(requestFor({ attemptId: "late", timeoutMs: 50 }));
    expectOutcome(late, { kind: "void", code: "PROVIDER_UNAVAILABLE" });
    calls.push(client.complete(requestFor({ attemptId: "third" })));
    response.writeHead(503).end();
    await Promise.all(calls);
    await client.close();
    expect(arrived).toEqual(["first", "third"]);
  });
}

function describeConnection(stand: Stand): void {
  test("a body that ends too early is unknown, and so is a connection that breaks", async () => {
    stand.answer = (_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("{", () => response.destroy());
    };
    expectOutcome(await stand.client.complete(requestFor()), { kind: "unknown" });
    stand.answer = (request) => request.socket.destroy();
    expectOutcome(await stand.client.complete(requestFor()), { kind: "unknown" });
  });

  test("a refused connection and a failed TLS handshake are void", async () => {
    for (const address of ["http://127.0.0.1:1", stand.url.replace("http:", "https:")]) {
      const unreachable = clientFor(stand.kind, address);
      const outcome = await unreachable.complete(requestFor());
      await unreachable.close();
      expectOutcome(outcome, { kind: "void", code: "PROVIDER_UNAVAILABLE" });
    }
  });

  test("closing a client ends the calls that it has in flight", async () => {
    const closing = clientFor(stand.kind, stand.url);
    const arrived = new Promise<void>((resolve) => {
      stand.answer = () => resolve();
    });
    const outcome = closing.complete(requestFor());
    await arrived;
    await closing.close();
    expectOutcome(await outcome, { kind: "unknown" });
  });
}

function describeWithdrawal(stand: Stand): void {
  test("a call that is withdrawn after it was sent is abandoned at once", async () => {
    const controller = new AbortController();
    stand.answer = () => controller.abort();
    const outcome = await stand.client.complete(requestFor({ signal: controller.signal }));
    expect(outcome).toEqual({ kind: "abandoned" });
  });

  test("a call that is withdrawn before it was sent is void and never arrives", async () => {
    let calls = 0;
    stand.answer = (_request, response) => {
      calls += 1;
      response.end();
    };
    const outcome = await stand.client.complete(requestFor({ signal: AbortSignal.abort() }));
    expectOutcome(outcome, { kind: "void", code: "PROCESS_STOPPING" });
    expect(calls).toBe(0);
  });
}

interface Group {
  name: string;
  shapes: Shape[];
}

/** The recorded bodies of a kind, one group for each file. */
function groupsOf(kind: ProviderKind): Group[] {
  const folder = new URL(`./${kind}/__fixtures__/`, import.meta.url);
  return readdirSync(folder).map((file) => ({
    name: file.replace(".json", " bodies"),
    shapes: z
      .array(Shape)
      .min(10)
      .parse(JSON.parse(readFileSync(new URL(file, folder), "utf8"))),
  }));
}

function answerWith(shape: Shape, response: ServerResponse): void {
  response.writeHead(shape.status, shape.headers);
  response.end(shape.text ?? (shape.body === undefined ? "" : JSON.stringify(shape.body)));
}

/** Compares an outcome with the members that are expected of it, and holds what must be true of each kind. */
export function expectOutcome(outcome: Outcome, expected: Record<string, unknown>): void {
  const { code, retryAfterMs, ...rest } = expected;
  expect(outcome).toMatchObject(rest);
  if (outcome.kind === "settled") {
    expect(Usage.safeParse(outcome.usage).success).toBe(true);
    // The provider's own words are kept, unless it said nothing: then how the usage was estimated is told.
    if (outcome.rawUsage === null) expect(outcome.estimate).toBe("utf8-bytes/3");
    else expect([typeof JSON.parse(outcome.rawUsage), outcome.estimate]).toEqual(["object", null]);
  }
  if (outcome.kind === "void" || outcome.kind === "unknown") {
    if (code !== undefined) expect(outcome.error.code).toBe(code);
    if (outcome.kind === "unknown") expect(outcome.error.code).toBe("PROVIDER_OUTCOME_UNKNOWN");
    if (retryAfterMs !== undefined) expect(outcome.error.retryAfterMs ?? null).toBe(retryAfterMs);
    const everything = inspect(outcome, { depth: 20, showHidden: true });
    for (const secret of Object.values(SECRETS)) expect(everything).not.toContain(secret);
  }
}

/** The call must end by its deadline and not before, give or take what a busy machine adds. */
async function expectDeadline(client: ProviderClient, timeoutMs: number): Promise<void> {
  const startMs = performance.now();
  const outcome = await client.complete(requestFor({ timeoutMs }));
  const tookMs = performance.now() - startMs;
  expectOutcome(outcome, { kind: "unknown" });
  expect(tookMs).toBeGreaterThan(timeoutMs - 10);
  expect(tookMs).toBeLessThan(timeoutMs + 1_000);
}
