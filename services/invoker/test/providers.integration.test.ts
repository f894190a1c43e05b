import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PROVIDER_KINDS, type ProviderKind } from "@switchyard/shared/catalogue";
import { type BillLine, type FaultName, type Simulator, startSimulator } from "@switchyard/simulator";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { describeConformance, expectOutcome, requestFor } from "../src/providers/conformance.test-suite.ts";
import {
  type CompletionRequest,
  createProviderClient,
  type Outcome,
  type ProviderClient,
} from "../src/providers/index.ts";
import { clientFor } from "../src/providers/stand.test-suite.ts";

/** What an adapter must make of each fault; a new fault does not compile until it stands here. */
const EXPECTED: Readonly<Record<FaultName, Outcome["kind"]>> = {
  "400": "void",
  "401": "void",
  "403": "void",
  "404": "void",
  "408": "unknown",
  "409": "void",
  "413": "void",
  "422": "void",
  "429": "void",
  "429-no-retry-after": "void",
  "500": "void",
  "502": "void",
  "503": "void",
  "504": "unknown",
  "529": "void",
  "context-length": "void",
  "content-filter": "void",
  redirect: "void",
  "reset-unbilled": "unknown",
  "hang-unbilled": "unknown",
  hang: "unknown",
  stall: "unknown",
  trickle: "unknown",
  reset: "unknown",
  "half-close": "unknown",
  truncated: "unknown",
  malformed: "unknown",
  empty: "unknown",
  "204": "unknown",
  html: "unknown",
  "wrong-type": "unknown",
  "nan-usage": "unknown",
  "duplicate-keys": "settled",
  "wrong-model": "settled",
  nonsense: "settled",
  "no-usage": "settled",
  "null-usage": "unknown",
  "text-usage": "unknown",
  "fraction-usage": "unknown",
  "negative-usage": "unknown",
  "absurd-usage": "unknown",
  huge: "unknown",
  "gzip-bomb": "unknown",
};

/** These end by the deadline alone, so they get a short one. */
const ENDLESS: readonly string[] = ["hang", "hang-unbilled", "stall", "trickle"];

afterAll(watchLeaks());

for (const kind of PROVIDER_KINDS) {
  describeConformance(kind);
  describe(`${kind} adapter with the simulated provider`, () => describeSimulated(kind));
}

test("credentials that never arrive end a Bedrock call at its deadline, as void", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  // The only source of credentials that is left is the one that does not answer.
  for (const name of [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_PROFILE",
    "AWS_BEARER_TOKEN_BEDROCK",
  ])
    vi.stubEnv(name, undefined);
  for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) vi.stubEnv(name, "/dev/null");
  vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `http://127.0.0.1:${port}/credentials`);
  let asked = 0;
  silent.on("request", () => {
    asked += 1;
  });
  const client = createProviderClient("bedrock", { baseUrl: null, apiKey: null, region: "eu-central-1" });
  const withdrawn = await client.complete(requestFor({ signal: AbortSignal.abort() }));
  expectOutcome(withdrawn, { kind: "void", code: "PROCESS_STOPPING" });
  expect(asked).toBe(0);
  const startMs = performance.now();
  const outcome = await client.complete(requestFor({ timeoutMs: 300 }));
  expect(performance.now() - startMs).toBeLessThan(1_300);
  expectOutcome(outcome, { kind: "void", code: "PROVIDER_UNAVAILABLE" });
  expect(asked).toBe(1);
  await client.close();
  silent.closeAllConnections();
  silent.close();
  vi.unstubAllEnvs();
});

/** A simulated provider and a client of it. */
class Pair {
  readonly kind: ProviderKind;
  simulator!: Simulator;
  client!: ProviderClient;

  constructor(kind: ProviderKind) {
    this.kind = kind;
  }

  async open(): Promise<void> {
    this.simulator = await startSimulator({ latencyScale: 0 });
    this.client = clientFor(this.kind, this.simulator.url);
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.simulator.close();
  }

  /** Makes a call of `sim-small`, unless told otherwise, and compares the outcome with the bill. */
  async complete(overrides: Partial<CompletionRequest> & { attemptId: string }): Promise<Outcome> {
    const outcome = await this.client.complete(requestFor({ providerModel: "sim-small", ...overrides }));
    const bill = this.simulator.bill().filter((line) => line.attemptId === overrides.attemptId);
    expectAgreement(outcome, bill);
    return outcome;
  }
}

function describeSimulated(kind: ProviderKind): void {
  const pair = new Pair(kind);
  beforeAll(() => pair.open());
  afterAll(() => pair.close());
  describeFaults(pair);
  describeAnswers(pair);
}

function describeFaults(pair: Pair): void {
  test.each(Object.entries(EXPECTED))("fault %s is %s, and the bill agrees", async (fault, expected) => {
    const isEndless = ENDLESS.includes(fault);
    const timeoutMs = isEndless ? 300 : 10_000;
    const startMs = performance.now();
    const outcome = await pair.complete({ attemptId: fault, providerModel: `fault-${fault}`, timeoutMs });
    if (isEndless) expect(performance.now() - startMs).toBeLessThan(timeoutMs + 1_000);
    expectOutcome(outcome, { kind: expected });
  });

  test("a throttled call waits as long as the provider asked", async () => {
    const headers = { "x-sim-fault": "429;retry-after=3" };
    const slow = clientFor(pair.kind, pair.simulator.url, { headers });
    const outcome = await slow.complete(requestFor({ providerModel: "sim-small" }));
    await slow.close();
    expectOutcome(outcome, { kind: "void", code: "PROVIDER_THROTTLED", retryAfterMs: 3_000 });
  });
}

function describeAnswers(pair: Pair): void {
  test("an ordinary answer is settled with the tokens of the bill, a limited one too", async () => {
    const whole = await pair.complete({ attemptId: "whole" });
    expectOutcome(whole, { kind: "settled", finishReason: "stop" });
    const cut = await pair.complete({ attemptId: "cut", maxOutputTokens: 1 });
    expectOutcome(cut, { kind: "settled", finishReason: "length" });
  });

  test("system text and turns of one role in a row are taken", async () => {
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "What is" },
      { role: "user", content: "6 * 7?" },
    ] as const;
    expectOutcome(await pair.complete({ attemptId: "roles", messages }), { kind: "settled" });
    const system = messages.slice(0, 1);
    expectOutcome(await pair.complete({ attemptId: "system", messages: system }), { kind: "settled" });
  });

  test("two hundred calls at once are each settled with their own bill", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        pair.complete({
          attemptId: `crowd-${index}`,
          messages: [{ role: "user", content: `What is ${index} + 1?` }],
        }),
      ),
    );
    for (const outcome of outcomes) expectOutcome(outcome, { kind: "settled" });
  });
}

/** Settled as billed; void never billed; what was billed is settled or unknown; and never billed twice. */
function expectAgreement(outcome: Outcome, bill: BillLine[]): void {
  expect(bill.length).toBeLessThanOrEqual(1);
  if (outcome.kind === "void") expect(bill).toEqual([]);
  if (outcome.kind !== "settled") return;
  const { usage } = outcome;
  // What the provider did not tell can only be guessed; whose call it was is known all the same.
  if (outcome.estimate !== null) {
    expect([bill[0]?.fault, bill[0]?.requestId]).toEqual(["no-usage", outcome.providerRequestId]);
    return;
  }
  expect({
    inputTokens: usage.inputTokens + usage.cachedInputTokens + usage.cacheWriteTokens,
    cachedInputTokens: usage.cachedInputTokens,
    outputTokens: usage.outputTokens,
    requestId: outcome.providerRequestId,
  }).toEqual({
    inputTokens: bill[0]?.inputTokens,
    cachedInputTokens: bill[0]?.cachedInputTokens,
    outputTokens: bill[0]?.outputTokens,
    requestId: bill[0]?.requestId,
  });
}
