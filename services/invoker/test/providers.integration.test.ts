import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PROVIDER_KINDS, type ProviderKind } from "@switchyard/shared/catalogue";
import { type BillLine, type Simulator, type SimulatorOptions, startSimulator } from "@switchyard/simulator";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  clientFor,
  describeConformance,
  expectOutcome,
  requestFor,
} from "../src/providers/conformance.test-suite.ts";
import { createProviderClient, type Outcome, type ProviderClient } from "../src/providers/index.ts";

type FaultName = keyof NonNullable<SimulatorOptions["faults"]>;

/** What an adapter must make of each fault; a new fault does not compile until it stands here. */
const EXPECTED: Readonly<Record<FaultName, Outcome["kind"]>> = {
  "400": "void",
  "401": "void",
  "403": "void",
  "404": "void",
  "408": "void",
  "409": "void",
  "413": "void",
  "422": "void",
  "429": "void",
  "429-no-retry-after": "void",
  "500": "void",
  "502": "void",
  "503": "void",
  "504": "void",
  "529": "void",
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
  "no-usage": "unknown",
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
  const asked = once(silent, "request");
  const client = createProviderClient("bedrock", { baseUrl: null, apiKey: null, region: "eu-central-1" });
  const startMs = performance.now();
  const outcome = await client.complete(requestFor({ timeoutMs: 300 }));
  await asked;
  expect(performance.now() - startMs).toBeLessThan(1_300);
  expectOutcome(outcome, { kind: "void", code: "PROVIDER_UNAVAILABLE" });
  await client.close();
  silent.closeAllConnections();
  silent.close();
  vi.unstubAllEnvs();
});

function describeSimulated(kind: ProviderKind): void {
  let simulator: Simulator;
  let client: ProviderClient;

  beforeAll(async () => {
    simulator = await startSimulator({ latencyScale: 0 });
    client = clientFor(kind, simulator.url);
  });
  afterAll(async () => {
    await client.close();
    await simulator.close();
  });

  const billOf = (attemptId: string) => simulator.bill().filter((line) => line.attemptId === attemptId);

  test.each(Object.entries(EXPECTED))("fault %s is %s, and the bill agrees", async (fault, expected) => {
    const isEndless = ENDLESS.includes(fault);
    const attemptId = `${kind}-${fault}`;
    const timeoutMs = isEndless ? 300 : 10_000;
    const startMs = performance.now();
    const outcome = await client.complete(
      requestFor({ attemptId, providerModel: `fault-${fault}`, timeoutMs }),
    );
    if (isEndless) expect(performance.now() - startMs).toBeLessThan(timeoutMs + 1_000);
    expectOutcome(outcome, { kind: expected });
    expectAgreement(outcome, billOf(attemptId));
  });

  test("an ordinary answer is settled with the tokens of the bill, a limited one too", async () => {
    for (const [attemptId, maxOutputTokens] of [
      ["whole", 256],
      ["cut", 1],
    ] as const) {
      const outcome = await client.complete(
        requestFor({ attemptId, maxOutputTokens, providerModel: "sim-small" }),
      );
      expectOutcome(outcome, { kind: "settled", finishReason: attemptId === "cut" ? "length" : "stop" });
      expectAgreement(outcome, billOf(attemptId));
      expect(billOf(attemptId)).toHaveLength(1);
    }
  });

  test("system text and turns of one role in a row are taken", async () => {
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "What is" },
      { role: "user", content: "6 * 7?" },
    ] as const;
    for (const [index, prompt] of [messages, messages.slice(0, 1)].entries()) {
      const attemptId = `roles-${index}`;
      const outcome = await client.complete(
        requestFor({ attemptId, messages: prompt, providerModel: "sim-small" }),
      );
      expectOutcome(outcome, { kind: "settled" });
      expectAgreement(outcome, billOf(attemptId));
    }
  });

  test("a throttled call waits as long as the provider asked", async () => {
    const slow = clientFor(kind, simulator.url, { "x-sim-fault": "429;retry-after=3" });
    const outcome = await slow.complete(requestFor({ attemptId: "slow", providerModel: "sim-small" }));
    await slow.close();
    expectOutcome(outcome, { kind: "void", code: "PROVIDER_THROTTLED", retryAfterMs: 3_000 });
  });

  test("two hundred calls at once are each settled with their own bill", async () => {
    const attemptIds = Array.from({ length: 200 }, (_, index) => `crowd-${index}`);
    const outcomes = await Promise.all(
      attemptIds.map((attemptId, index) =>
        client.complete(
          requestFor({
            attemptId,
            providerModel: "sim-small",
            messages: [{ role: "user", content: `What is ${index} + 1?` }],
          }),
        ),
      ),
    );
    for (const [index, outcome] of outcomes.entries()) {
      expectOutcome(outcome, { kind: "settled" });
      expectAgreement(outcome, billOf(`crowd-${index}`));
    }
  });
}

/** Settled as billed; void never billed; what was billed is settled or unknown; and never billed twice. */
function expectAgreement(outcome: Outcome, bill: BillLine[]): void {
  expect(bill.length).toBeLessThanOrEqual(1);
  if (outcome.kind === "void") expect(bill).toEqual([]);
  if (outcome.kind !== "settled") return;
  const { usage } = outcome;
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
