import { type LossyDynamodb, startLossyDynamodb, watchLeaks } from "@switchyard/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AttemptRow, AttemptState, Ledger } from "../src/ledger/index.ts";
import { newIntent, newJobId, PRICE, settlementOf, type TestLedger, usingLedger } from "./support.ts";

afterAll(watchLeaks());

let ledger: TestLedger;
let neighbour: TestLedger;
let way: LossyDynamodb;

beforeAll(async () => {
  ledger = await usingLedger();
  neighbour = await usingLedger({ sharing: ledger });
  way = await startLossyDynamodb(ledger.options.endpoint as string);
});
afterAll(async () => {
  await way.close();
  await neighbour[Symbol.asyncDispose]();
  await ledger[Symbol.asyncDispose]();
});

const ERROR = { code: "PROVIDER_UNAVAILABLE", message: "no answer" };

type Operation =
  | { do: "intend"; claimId: string }
  | { do: "settle"; costPicoUsd: bigint }
  | { do: "void" }
  | { do: "unknown" };

/** The state that an operation leaves behind, or undefined when it must change nothing. */
function after(state: AttemptState | undefined, operation: Operation): AttemptState | undefined {
  switch (operation.do) {
    case "intend":
      return state === undefined ? "intent" : undefined;
    case "settle":
      return state === "intent" || state === "unknown" ? "settled" : undefined;
    case "void":
      return state === "intent" ? "void" : undefined;
    case "unknown":
      return state === "intent" ? "unknown" : undefined;
  }
}

function run(on: Ledger, jobId: string, operation: Operation): Promise<boolean> {
  const attempt = newIntent({ jobId });
  switch (operation.do) {
    case "intend":
      return on.attempts.intend(newIntent({ jobId, claimId: operation.claimId }));
    case "settle":
      return on.attempts.settle(attempt, settlementOf(operation.costPicoUsd));
    case "void":
      return on.attempts.voided(attempt, ERROR);
    case "unknown":
      return on.attempts.unknown(attempt, ERROR);
  }
}

const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ do: fc.constant("intend" as const), claimId: fc.constantFrom("a", "b") }),
  fc.record({ do: fc.constant("settle" as const), costPicoUsd: fc.bigInt(0n, 2n ** 100n) }),
  fc.record({ do: fc.constant("settle" as const), costPicoUsd: fc.bigInt(0n, 3n) }),
  fc.constant<Operation>({ do: "void" }),
  fc.constant<Operation>({ do: "unknown" }),
);

/** P1: the row of an attempt is a state machine with one amount, whoever writes and whatever gets lost. */
const RUNS = { numRuns: 100 };

/** Whoever writes sends the request again when its reply was lost: one in eight. */
const anyStep = fc.record({ operation: anyOperation, isReplyLost: fc.nat(7).map((draw) => draw === 7) });

test("one operation after another, replies lost or not, an attempt is exactly the state machine it is said to be", async () => {
  const property = fc.asyncProperty(fc.array(anyStep, { maxLength: 8 }), async (steps) => {
    // One of its own for each run: a client whose requests keep failing stops repeating them.
    await using far = await usingLedger({ sharing: ledger, endpoint: way.url });
    const jobId = newJobId();
    let state: AttemptState | undefined;
    let row: AttemptRow | null = null;
    for (const { operation, isReplyLost } of steps) {
      const next = after(state, operation);
      // The owner of an intent may repeat it: the reply to its first write may have been lost.
      const isRepeat = operation.do === "intend" && state === "intent" && row?.claimId === operation.claimId;
      // A write that is sent again finds its own first one, which says nothing of whose it was; an intent does.
      // A late settle has first asked whether the call still is an intent: that reply is the one that is lost.
      const isSecondAsked = operation.do === "settle" && state === "unknown";
      const isSeen = next !== undefined && (!isReplyLost || operation.do === "intend" || isSecondAsked);
      if (isReplyLost) way.loseNextReplyTo(operation.do === "intend" ? "PutItem" : "UpdateItem");
      expect(await run(isReplyLost ? far : ledger, jobId, operation)).toBe(isSeen || isRepeat);
      const now = await ledger.attempts.read(jobId, 1);
      if (next === undefined) expect(now).toEqual(row);
      else {
        expect(now?.state).toBe(next);
        if (operation.do === "settle") expect(now?.costPicoUsd).toBe(operation.costPicoUsd);
      }
      state = next ?? state;
      row = now;
    }
  });
  await fc.assert(property, RUNS);
  expect(way.lost()).toBeGreaterThan(0);
}, 120_000);

const RANK: Record<AttemptState, number> = { intent: 0, unknown: 1, settled: 2, void: 2 };

test("under any interleaving an attempt moves only forwards and has one amount", async () => {
  const property = fc.asyncProperty(
    fc.array(fc.array(anyOperation, { minLength: 2, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
    async (bursts) => {
      const jobId = newJobId();
      await run(ledger, jobId, { do: "intend", claimId: "a" });
      let before = (await ledger.attempts.read(jobId, 1)) as AttemptRow;
      const wins = { settle: [] as bigint[], void: 0, unknown: 0 };
      for (const burst of bursts) {
        const won = await Promise.all(
          burst.map((operation, index) => run(index % 2 === 0 ? ledger : neighbour, jobId, operation)),
        );
        burst.forEach((operation, index) => {
          if (won[index] !== true || operation.do === "intend") return;
          if (operation.do === "settle") wins.settle.push(operation.costPicoUsd);
          else wins[operation.do] += 1;
        });
        const now = (await ledger.attempts.read(jobId, 1)) as AttemptRow;
        expect(RANK[now.state]).toBeGreaterThanOrEqual(RANK[before.state]);
        if (RANK[before.state] === 2) expect(now).toEqual(before);
        before = now;
      }
      expect(wins.settle.length + wins.void).toBeLessThanOrEqual(1);
      expect(wins.unknown).toBeLessThanOrEqual(1);
      expect(before.costPicoUsd).toBe(wins.settle[0]);
      expect(before.state === "settled").toBe(wins.settle.length === 1);
      expect(before.state === "void").toBe(wins.void === 1);
      // A place in the totals comes with the amount, and only with it.
      expect(before.totalsPlace !== undefined).toBe(before.state === "settled");
    },
  );
  await fc.assert(property, RUNS);
}, 120_000);

test("an intent belongs to one claim: of many writers at once, exactly one has the attempt", async () => {
  const jobId = newJobId();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? ledger : neighbour).attempts.intend(newIntent({ jobId, claimId: `c${index}` })),
    ),
  );
  expect(answers.filter(Boolean)).toHaveLength(1);
  const row = await ledger.attempts.read(jobId, 1);
  expect(row?.claimId).toBe(`c${answers.indexOf(true)}`);
});

test("a row keeps the price it was charged at, with every rate exact", async () => {
  const jobId = newJobId();
  const price = { ...PRICE, inputPicoUsd: 2n ** 70n, cachedInputPicoUsd: 1n, cacheWritePicoUsd: 0n };
  await ledger.attempts.intend(newIntent({ jobId, price, maxCostPicoUsd: 10n ** 30n }));
  expect(await ledger.attempts.read(jobId, 1)).toMatchObject({ price, maxCostPicoUsd: 10n ** 30n });
});

test("a call that could not be priced has no amount, least of all 0", async () => {
  const jobId = newJobId();
  await ledger.attempts.intend(newIntent({ jobId }));
  const { costPicoUsd: _, ...rest } = settlementOf(0n);
  await ledger.attempts.settle(newIntent({ jobId }), { ...rest, unpriced: "cachedInput" });
  const row = await ledger.attempts.read(jobId, 1);
  expect(row).toMatchObject({ state: "settled", unpriced: "cachedInput" });
  expect(row).not.toHaveProperty("costPicoUsd");
});

test("a job is seen with all its attempts in order, those never written left out", async () => {
  const jobId = newJobId();
  const accepted = { jobId, tenant: "acme", fingerprint: "f", createdAt: 1, deadlineAt: 2, attentionAt: 1 };
  const request = {
    model: "auto",
    maxOutputTokens: null,
    maxCostUsd: null,
    onUnknown: "retry" as const,
    priority: "normal" as const,
  };
  await ledger.jobs.accept({
    ...accepted,
    promptChunks: 1,
    promptBytes: 1,
    request: { ...request, metadata: {} },
  });
  let job = await ledger.jobs.read(jobId);
  for (const n of [1, 2, 3]) {
    job = job && (await ledger.jobs.claim(job, { claimId: `c${n}`, claimUntil: 1 }));
    // The second claimer died before it wrote its intent.
    if (n !== 2) await ledger.attempts.intend(newIntent({ jobId, n, claimId: `c${n}` }));
  }
  const view = await ledger.jobs.view(jobId);
  expect(view?.job.attempts).toBe(3);
  expect(view?.attempts.map((attempt) => attempt.n)).toEqual([1, 3]);
  expect(await ledger.jobs.view(newJobId())).toBeNull();
});
