import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JobRow, type NewIntent, sumOf } from "@switchyard/shared/ledger";
import { type PriceBook, readPriceBook } from "@switchyard/shared/pricing";
import { startProcess, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RepriceOptions, reprice } from "../src/reprice/reprice.ts";
import { verifyTotals } from "../src/verify/verify-totals.ts";
import { COST, DECISION, START, USAGE, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
beforeEach(async () => {
  world = await usingWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const DAY = "2026-06-01";
const TAKEN = { ...USAGE, cachedInputTokens: 5 };

/** Prices of "p" in millionths of a dollar for a million tokens, which are pico-dollars for one. */
function bookText(
  version: string,
  entries: readonly (readonly [rates: Record<string, number>, dates?: object])[],
) {
  const prices = entries.map(([rates, dates = {}]) => {
    const stated = Object.entries(rates).map(([name, pico]) => [name, `0.${String(pico).padStart(6, "0")}`]);
    return { id: "p", ...dates, ...Object.fromEntries(stated), source: "test" };
  });
  const head = { version, date: DAY, unit: "USD per million tokens", sources: { test: { title: "test" } } };
  return JSON.stringify({ ...head, prices });
}

const bookOf = (...given: Parameters<typeof bookText>): PriceBook =>
  readPriceBook(bookText(...given), "prices.json");

/** As the price of the calls, which says nothing of cached tokens, and with a rate for these. */
const OLD = { input: 3, output: 7 };
const WHOLE = { ...OLD, cached_input: 1 };
/** What they cost with it. */
const PRICED = COST + 5n;

async function repriced(prices: PriceBook, given: Partial<RepriceOptions> = {}) {
  const told: string[] = [];
  const tell = (line: string) => void told.push(line);
  const options = { ledger: world.ledger, prices, isForMeasured: false, isWritten: true, tell };
  return { ...(await reprice({ ...options, ...given })), told };
}

const unpricedAnswer = (attempt: NewIntent) =>
  world.ledger.attempts.settle(attempt, {
    ...{ usage: TAKEN, unpriced: "cachedInput", providerRequestId: "r" },
    ...{ resultChunks: 1, baselinePicoUsd: 400n },
  });

/** A job that was answered by a call without a price for its cached tokens. */
async function unpricedJob(tenant = "acme"): Promise<JobRow> {
  const { job, attempt } = await world.calling({ tenant });
  await unpricedAnswer(attempt);
  await world.settle(job);
  return (await world.view(job)).job;
}

const totalsOf = async (tenant = "acme") => sumOf(await world.ledger.totals.read(tenant, DAY));

async function differences() {
  const told: string[] = [];
  const { pending } = await verifyTotals({ ledger: world.ledger, onProblem: (text) => void told.push(text) });
  return { told, pending };
}
const NONE = { told: [], pending: 0 };

describe("when the price of a call arrives", () => {
  test("its job costs what it took, the totals hold it once, and its own row stays as it was", async () => {
    const job = await unpricedJob();
    expect(job.unpricedCalls).toBe(1);
    const before = (await world.view(job)).attempts[0];
    expect(await totalsOf()).toMatchObject({ costPicoUsd: 0n, unpricedCalls: 1, atRiskPicoUsd: 1_000n });
    world.clock.now = START + 7_200_000;
    const done = await repriced(bookOf("2", [[WHOLE]]));
    expect(done).toMatchObject({ calls: 1, adjusted: 1, unpriced: 0, waiting: 0 });
    expect(done.told).toEqual([
      expect.stringMatching(/ call 1: 0\.000000000049 USD at p, was unpriced, at most /),
    ]);
    const after = await world.view(job);
    expect(await world.ledger.attempts.read(job.jobId, 1)).toEqual(before);
    expect(after.job.unpricedCalls).toBe(0);
    expect(after.attempts[0]?.adjustments).toMatchObject([
      { k: 1, reason: "priced", costPicoUsd: PRICED, price: { bookVersion: "2" }, atMs: START + 7_200_000 },
    ]);
    expect(after.job).toMatchObject({ costPicoUsd: PRICED, baselinePicoUsd: 400n, version: job.version + 1 });
    const sums = { calls: 1, answers: 1, unpricedCalls: 0, atRiskPicoUsd: 0n };
    expect(await totalsOf()).toMatchObject({ ...sums, costPicoUsd: PRICED, baselinePicoUsd: 400n });
    // It counts for the hour of the call, not of the command.
    expect((await world.ledger.totals.read("acme", DAY)).map(({ hour }) => hour)).toEqual([`${DAY}T12`]);
    expect(await differences()).toEqual(NONE);
  });

  test("a second run changes nothing, nor do two at once", async () => {
    for (let n = 0; n < 3; n += 1) await unpricedJob();
    const book = bookOf("2", [[WHOLE]]);
    await Promise.all([repriced(book), repriced(book)]);
    const held = await totalsOf();
    expect(held).toMatchObject({ costPicoUsd: 3n * PRICED, unpricedCalls: 0 });
    expect(await repriced(book)).toMatchObject({ calls: 3, adjusted: 0, finished: 0, unpriced: 0 });
    expect(await totalsOf()).toEqual(held);
    expect(await differences()).toEqual(NONE);
  });

  test("without --write it is only told", async () => {
    const job = await unpricedJob();
    const held = await totalsOf();
    expect(await repriced(bookOf("2", [[WHOLE]]), { isWritten: false })).toMatchObject({ adjusted: 1 });
    expect(await totalsOf()).toEqual(held);
    expect((await world.view(job)).job).toEqual(job);
  });

  test("case 26: it is the price of the time of the call that counts, whatever the price has become since", async () => {
    await unpricedJob();
    const changed = [
      [{ ...WHOLE, input: 9 }, { to: DAY }],
      [WHOLE, { from: DAY, to: "2026-06-02" }],
      [{ ...WHOLE, input: 90 }, { from: "2026-06-02" }],
    ] as const;
    await repriced(bookOf("2", changed));
    expect(await totalsOf()).toMatchObject({ costPicoUsd: PRICED });
    const late = await unpricedJob("late");
    expect(await repriced(bookOf("3", [[WHOLE, { from: "2026-06-02" }]]))).toMatchObject({
      adjusted: 0,
      unpriced: 1,
    });
    expect((await world.view(late)).job.costPicoUsd).toBe(0n);
  });

  test("calls of other tenants and of other days are left alone, and those of jobs that have not ended wait", async () => {
    await unpricedJob();
    await unpricedJob("other");
    const open = await world.calling({ tenant: "acme" });
    await unpricedAnswer(open.attempt);
    const book = bookOf("2", [[WHOLE]]);
    expect(await repriced(book, { from: "2026-06-02" })).toMatchObject({ calls: 0, adjusted: 0 });
    expect(await repriced(book, { to: "2026-05-31" })).toMatchObject({ calls: 0 });
    expect(await repriced(book, { tenant: "acme", from: DAY, to: DAY })).toMatchObject({
      adjusted: 1,
      waiting: 1,
    });
    expect(await totalsOf("other")).toMatchObject({ unpricedCalls: 1 });
    await world.settle(open.job);
    expect(await repriced(book)).toMatchObject({ adjusted: 2, waiting: 0 });
    expect(await differences()).toEqual(NONE);
  });
});

test.each(["its row", "the totals"])(
  "a run that was cut short after %s is completed by the next",
  async (last) => {
    const job = await unpricedJob();
    const cut = new Error("the process is gone");
    const { ledger } = world;
    const dying = {
      ...ledger,
      ...(last === "its row" ? { totals: { ...ledger.totals, adjust: () => Promise.reject(cut) } } : {}),
      ...(last === "the totals" ? { jobs: { ...ledger.jobs, adjust: () => Promise.reject(cut) } } : {}),
    };
    const book = bookOf("2", [[WHOLE]]);
    await expect(repriced(book, { ledger: dying })).rejects.toThrow(cut);
    expect((await world.view(job)).job).toEqual(job);
    const held = last === "its row" ? 0n : PRICED;
    expect(await totalsOf()).toMatchObject({ costPicoUsd: held });
    expect(await differences()).toEqual({ told: [], pending: last === "its row" ? 1 : 0 });
    // Not by a run for other calls, but even with a book that has lost the price.
    for (const other of [{ tenant: "other" }, { to: "2026-05-31" }])
      expect(await repriced(book, other)).toMatchObject({ finished: 0, adjusted: 0, changes: new Map() });
    expect(await repriced(bookOf("3", [[OLD]]))).toMatchObject({
      ...{ finished: 1, adjusted: 0, changes: new Map([["p", PRICED]]) },
    });
    expect((await world.view(job)).job.costPicoUsd).toBe(PRICED);
    expect(await totalsOf()).toMatchObject({ costPicoUsd: PRICED, unpricedCalls: 0 });
    expect(await differences()).toEqual(NONE);
  },
);

test("case 26: a book that was wrong is set right by adjustments, up and down, and only when it is asked for", async () => {
  const { job, attempt } = await world.calling({ tenant: "acme" });
  await world.answer(attempt);
  await world.settle(job);
  const dearer = bookOf("2", [[{ ...OLD, output: 10 }]]);
  expect(await repriced(dearer)).toMatchObject({ calls: 0, adjusted: 0 });
  expect(await repriced(dearer, { isForMeasured: true })).toMatchObject({ adjusted: 1 });
  expect(await totalsOf()).toMatchObject({ calls: 1, costPicoUsd: COST + 6n });
  const back = await repriced(bookOf("3", [[OLD]]), { isForMeasured: true });
  expect(back).toMatchObject({ adjusted: 1, changes: new Map([["p", -6n]]) });
  const view = await world.view(job);
  expect(view.attempts[0]?.adjustments?.map(({ k, reason, change }) => [k, reason, change])).toEqual([
    [1, "repriced", { costPicoUsd: 6n }],
    [2, "repriced", { costPicoUsd: -6n }],
  ]);
  expect(view.job.costPicoUsd).toBe(COST);
  expect(await totalsOf()).toMatchObject({ calls: 1, costPicoUsd: COST });
  expect(await differences()).toEqual(NONE);
});

test("a replay of a job keeps what its earlier calls were adjusted to", async () => {
  const job = await unpricedJob();
  await repriced(bookOf("2", [[WHOLE]]));
  const ended = (await world.view(job)).job;
  const { request, createdAt } = ended;
  const again = { request, deadlineAt: createdAt + 3_600_000, attentionAt: createdAt + 1 };
  await world.ledger.jobs.replay(ended, again);
  await world.answer(await world.call(job));
  await world.settleOf(job, 2);
  expect((await world.view(job)).job).toMatchObject({ status: "succeeded", costPicoUsd: PRICED + COST });
  expect(await differences()).toEqual(NONE);
});

test("an answer from before a replay gets no baseline of the model that the replay names", async () => {
  const unknown = { ...DECISION.baseline, price: { ...DECISION.baseline.price, id: "strong" } };
  const decision = { ...DECISION, baseline: unknown };
  const job = await world.job({ tenant: "acme" });
  await world.ledger.jobs.classified(job, decision, { modelId: "sim-small" });
  await world.ledger.attempts.settle(await world.call(job), {
    ...{ usage: TAKEN, unpriced: "cachedInput", providerRequestId: "r", resultChunks: 1 },
  });
  await world.settle(job);
  const { job: ended } = await world.view(job);
  const times = { deadlineAt: START + 3_600_000, attentionAt: START + 1 };
  const again = (await world.ledger.jobs.replay(ended, { request: ended.request, ...times })) as JobRow;
  await world.ledger.jobs.classified(again, decision, { modelId: "sim-small" });
  await world.answer(await world.call(job), null);
  await world.settleOf(job, 2);
  const text = JSON.parse(bookText("2", [[WHOLE]])) as { prices: object[] };
  const prices = [...text.prices, { ...text.prices[0], id: "strong" }];
  await repriced(readPriceBook(JSON.stringify({ ...text, prices }), "prices.json"));
  const [first] = (await world.view(job)).attempts;
  expect(first?.adjustments?.[0]).toMatchObject({ costPicoUsd: PRICED });
  expect(first?.adjustments?.[0]?.baselinePicoUsd).toBeUndefined();
});

test("verify tells an adjustment that was tampered with, and one that the totals lack", async () => {
  const job = await unpricedJob();
  await repriced(bookOf("2", [[WHOLE]]));
  const [row] = (await world.view(job)).attempts[0]?.adjustments ?? [];
  if (row === undefined) throw new Error("nothing was adjusted");
  // The next one, which nobody has made by the rules.
  const totals = { ...row.totals, slot: row.totals.slot + 100 };
  await world.ledger.adjustments.put({ ...row, k: 2, costPicoUsd: 7n, totals });
  const { job: seen } = await world.view(job);
  await world.ledger.jobs.adjust(seen, { adjusted: { "1": 2 }, costPicoUsd: 7n });
  const { told } = await differences();
  expect(told).toEqual(
    expect.arrayContaining([
      `${job.jobId} call 1, adjustment 2, costs 7, its tokens at its price no other cost than before`,
      expect.stringMatching(/^T#acme#.* lacks .* call 1, adjustment 2$/),
    ]),
  );
});

test("as a program it reads the book it is given, shows what would change, and writes with --write", async () => {
  const job = await unpricedJob();
  await using files = new AsyncDisposableStack();
  const file = join(tmpdir(), `${world.table.tableName}-prices.json`);
  files.defer(() => rm(file, { force: true }));
  await writeFile(file, bookText("2", [[WHOLE]]));
  const run = async (...args: string[]) => {
    const { tableName, endpoint } = world.table;
    const env = {
      ...{ DYNAMODB_TABLE: tableName, DYNAMODB_ENDPOINT: endpoint, SWITCHYARD_PRICES: file },
      ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
    };
    const entry = new URL("../src/ledger.ts", import.meta.url);
    const program = startProcess({ entry, name: "ledger", args, env });
    const { code } = await program.exited;
    return { code, lines: program.logs() };
  };
  const line = expect.stringContaining(`${job.jobId} call 1: 0.000000000049 USD`);
  const counted = "0 still without a price, 0 of jobs that have not ended, 0 rows cannot be read";
  const change = "p: +0.000000000049 USD";
  expect(await run("reprice")).toEqual({
    code: 0,
    lines: [line, `1 calls, 1 adjusted, ${counted}`, change, "nothing is written; --write writes it"],
  });
  expect(await run("reprice", "--write")).toEqual({
    code: 0,
    lines: [line, `1 calls, 1 adjusted, ${counted}`, change],
  });
  expect(await run("verify")).toMatchObject({ code: 0 });
  expect(await run("verify", "--write")).toMatchObject({ code: 2 });
}, 60_000);
