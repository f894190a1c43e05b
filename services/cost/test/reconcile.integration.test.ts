import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JobRow, type NewIntent, sumOf } from "@switchyard/shared/ledger";
import { createLogger } from "@switchyard/shared/telemetry";
import { startProcess, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { manageLedger } from "../src/manage-ledger.ts";
import { exportDrift } from "../src/reconcile/drift.ts";
import { FORMATS } from "../src/reconcile/formats.ts";
import { type ReconcileOptions, reconcile } from "../src/reconcile/reconcile.ts";
import { isAlike, type Reconciliation } from "../src/reconcile/report.ts";
import { LATE_CALL_LOOK_MS } from "../src/settle.ts";
import { verifyTotals } from "../src/verify/verify-totals.ts";
import { COST, START, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
beforeEach(async () => {
  world = await usingWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const LOST = { code: "PROVIDER_OUTCOME_UNKNOWN", message: "no answer" };
const DAY = "2026-06-01";

/** The provider's line for a call, with the tokens that `World.answer` settles with. */
function billed({ jobId, n }: Pick<NewIntent, "jobId" | "n">, overrides: object = {}): string {
  return JSON.stringify({
    ...{ attemptId: `${jobId}.${n}`, jobId, requestId: `req_${n}`, model: "sim-small" },
    ...{ inputTokens: 10, cachedInputTokens: 0, outputTokens: 2, costPicoUsd: String(COST) },
    ...{ startedAtMs: START, ...overrides },
  });
}

async function settling(lines: readonly string[], ledger: ReconcileOptions["ledger"] = world.ledger) {
  async function* each() {
    yield* lines;
  }
  const format = FORMATS["simulator"];
  if (format === undefined) throw new Error("no format");
  return (await reconcile({
    ...{ ledger, lines: each(), file: "bill", format: { ...format, id: "simulator" } },
    ...{ providers: ["simulated"], models: [], named: new Map(), isSettling: true },
    onProblem: (text) => expect.unreachable(text),
  })) as Reconciliation;
}

/** A job that failed with a call of unknown outcome, which is in the totals as a risk. */
async function riskedJob(tenant: string): Promise<{ job: JobRow; attempt: NewIntent }> {
  const { job, attempt } = await world.calling({ tenant });
  await world.ledger.attempts.unknown(attempt, LOST);
  await world.ledger.jobs.fail((await world.view(job)).job, LOST);
  await world.settle(job);
  return { job: (await world.view(job)).job, attempt };
}

async function totalsOf(tenant: string) {
  const { calls, costPicoUsd, atRiskPicoUsd, retryPicoUsd } = sumOf(
    await world.ledger.totals.read(tenant, DAY),
  );
  return { calls, costPicoUsd, atRiskPicoUsd, retryPicoUsd };
}

async function expectVerified(): Promise<void> {
  const told: string[] = [];
  await verifyTotals({ ledger: world.ledger, onProblem: (text) => void told.push(text) });
  expect(told).toEqual([]);
}

describe("a call of unknown outcome that the bill names", () => {
  it("case 27: is settled at its own price, and so are its job, the totals and what is at risk", async () => {
    const { job, attempt } = await riskedJob("acme");
    expect(await totalsOf("acme")).toMatchObject({ calls: 0, atRiskPicoUsd: 1_000n });
    const found = await settling([billed(attempt)]);
    expect(found).toMatchObject({ settled: 1, classes: { matched: { groups: 1 } } });
    const view = await world.view(job);
    expect(view.job).toMatchObject({ status: "failed", costPicoUsd: COST, counted: [1] });
    expect(view.attempts[0]).toMatchObject({
      ...{ state: "settled", costPicoUsd: COST, usageNotes: ["reconciled"], providerRequestId: "req_1" },
      ...{ isSuperseded: true, rawUsage: billed(attempt) },
    });
    expect(await totalsOf("acme")).toEqual({
      ...{ calls: 1, costPicoUsd: COST, retryPicoUsd: COST, atRiskPicoUsd: 0n },
    });
    await expectVerified();
  });

  it("is settled once, however often and by however many the bill is reconciled", async () => {
    const risked = await Promise.all([1, 2, 3].map(() => riskedJob("acme")));
    const lines = risked.map(({ attempt }) => billed(attempt));
    await Promise.all([settling(lines), settling(lines), settling(lines)]);
    expect((await settling(lines)).settled).toBe(0);
    expect(await totalsOf("acme")).toMatchObject({ calls: 3, costPicoUsd: 3n * COST, atRiskPicoUsd: 0n });
    await expectVerified();
  });

  it("is left alone while its job goes on, which it would end, and settled after", async () => {
    const { job, attempt } = await world.calling({ tenant: "acme" });
    await world.ledger.attempts.unknown(attempt, LOST);
    const found = await settling([billed(attempt)]);
    expect([...found.left]).toEqual([["its job has not ended", 1]]);
    expect(isAlike(found)).toBe(false);
    expect((await world.view(job)).attempts[0]?.state).toBe("unknown");
    // The next call brings the answer.
    await world.answer(await world.call(job));
    await world.settle(job);
    const [second] = (await world.view(job)).attempts.slice(1);
    expect(isAlike(await settling([billed(attempt), billed(second as NewIntent)]))).toBe(true);
    expect((await world.view(job)).job).toMatchObject({ status: "succeeded", costPicoUsd: 2n * COST });
    expect(await totalsOf("acme")).toMatchObject({ calls: 2, costPicoUsd: 2n * COST, atRiskPicoUsd: 0n });
  });

  it("is not settled by two lines, nor where its price tells reasoning apart and the line does not", async () => {
    const { job, attempt } = await world.calling({ tenant: "acme" });
    await world.ledger.attempts.unknown(attempt, LOST);
    const claim = { claimId: "again", claimUntil: START + 10_000 };
    await world.ledger.jobs.claim((await world.view(job)).job, claim);
    const price = { ...attempt.price, reasoningPicoUsd: 1n };
    const second = { ...attempt, n: 2, claimId: claim.claimId, price };
    await world.ledger.attempts.intend(second);
    await world.ledger.attempts.unknown(second, LOST);
    await world.ledger.jobs.fail((await world.view(job)).job, LOST);
    await world.settle(job);
    const found = await settling([billed(attempt), billed(attempt), billed(second)]);
    expect([found.settled, ...found.left.values()]).toEqual([0, 1]);
    expect((await world.view(job)).attempts.map(({ state }) => state)).toEqual(["unknown", "unknown"]);
  });

  it("is counted by the sweeper where the process ended before it did, also long after the job", async () => {
    const { job, attempt } = await riskedJob("acme");
    // So long after nobody looks at the job any more.
    world.clock.now += 2 * 86_400_000;
    await world.sweep();
    expect((await world.view(job)).job.attentionAt).toBeUndefined();
    const { ledger } = world;
    const recount = () => Promise.reject(new Error("killed"));
    await expect(
      settling([billed(attempt)], { ...ledger, jobs: { ...ledger.jobs, recount }, totals: ledger.totals }),
    ).rejects.toThrow("killed");
    world.clock.now += LATE_CALL_LOOK_MS;
    await world.sweep();
    expect(world.summoned.at(-1)).toMatchObject({ stage: "settle", message: { jobId: job.jobId } });
    await world.settle(job);
    expect((await world.view(job)).job.costPicoUsd).toBe(COST);
    await expectVerified();
  });

  it("is counted also where the sweeper took the job for done just before, and by the next run", async () => {
    const { job, attempt } = await riskedJob("acme");
    world.clock.now += 2 * 86_400_000;
    const { ledger } = world;
    const seen = (await world.view(job)).job;
    const settle: typeof ledger.attempts.settle = async (...given) => {
      // What the sweeper does that had seen the job before the call was settled.
      expect(await ledger.jobs.attend(seen, null)).toBe(false);
      await ledger.attempts.settle(...given);
      throw new Error("killed");
    };
    const dying = { ...ledger, attempts: { ...ledger.attempts, settle } };
    await expect(settling([billed(attempt)], dying)).rejects.toThrow("killed");
    expect((await world.view(job)).job.attentionAt).toBe(world.clock.now + LATE_CALL_LOOK_MS);
    expect((await settling([billed(attempt)])).settled).toBe(0);
    expect((await world.view(job)).job).toMatchObject({ costPicoUsd: COST, counted: [1] });
    await expectVerified();
  });

  it("is not settled by a line of another model", async () => {
    const { job, attempt } = await riskedJob("acme");
    const found = await settling([billed(attempt, { model: "sim-large" })]);
    expect([found.settled, ...found.left]).toEqual([0, ["its line is of another model", 1]]);
    expect((await world.view(job)).attempts[0]?.state).toBe("unknown");
  });

  it("of an earlier generation is counted when the present one ends", async () => {
    const { job, attempt } = await riskedJob("acme");
    const { request } = job;
    const times = { deadlineAt: START + 3_600_000, attentionAt: START + 1_000 };
    const replayed = (await world.ledger.jobs.replay(job, { request, ...times })) as JobRow;
    expect((await settling([billed(attempt)])).settled).toBe(1);
    expect((await world.view(job)).job).toMatchObject({ status: "queued", generation: 2 });
    await world.answer(await world.call(replayed));
    await world.settleOf(job, 2);
    expect((await world.view(job)).job).toMatchObject({ status: "succeeded", costPicoUsd: 2n * COST });
    await expectVerified();
  });
});

describe("what the last reconciliation found", () => {
  const gauges = async () => {
    const text = await world.metrics.registry.metrics();
    return [...text.matchAll(/^switchyard_reconciliation_(\w+)\{model="([\w-]+)".*\} (.*)$/gm)].map(
      ([, name, model, value]) => `${name} ${model} ${value}`,
    );
  };

  it("is exported for each model of the catalogue, at 0 until it was compared", async () => {
    const log = createLogger("test", "silent");
    const drift = exportDrift({ ...world, log, modelIds: ["sim-small"] });
    await drift.read();
    expect(await gauges()).toContain("timestamp_seconds sim-small 0");
    const compared = { atMs: 5_000, from: DAY, to: DAY, format: "simulator", ourTokens: 10, theirTokens: 12 };
    const sums = { ourPicoUsd: 1_000_000n, theirPicoUsd: 4_000_000n };
    for (const modelId of ["sim-small", "none", "gone"])
      await world.ledger.drifts.note({ modelId, ...compared, ...sums });
    // An earlier one that is written late does not take its place.
    await world.ledger.drifts.note({ modelId: "none", ...compared, ...sums, atMs: 4_000, theirTokens: 99 });
    await drift.read();
    const shown = ["sim-small", "none"].flatMap((model) => [
      `difference_usd ${model} 0.000003`,
      `difference_tokens ${model} 2`,
      `timestamp_seconds ${model} 5`,
    ]);
    expect((await gauges()).sort()).toEqual(shown.sort());
    await drift.stop();
  });
});

describe("as a program", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-reconcile-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function run(...args: string[]) {
    const { tableName, endpoint } = world.table;
    const env = {
      ...{ DYNAMODB_TABLE: tableName, DYNAMODB_ENDPOINT: endpoint },
      ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
    };
    const entry = new URL("../src/ledger.ts", import.meta.url);
    const program = startProcess({ entry, name: "ledger", args: ["reconcile", ...args], env });
    const { code } = await program.exited;
    return { code, text: program.logs().join("\n") };
  }

  it("ends with 1 while the sides differ, 0 once they do not, and 2 where it cannot say", async () => {
    const { attempt } = await riskedJob("acme");
    const file = join(folder, "bill.jsonl");
    await writeFile(file, `${billed(attempt)}\n`);
    const asked = [file, "--format", "simulator"];
    expect(await run(...asked)).toMatchObject({
      code: 1,
      text: expect.stringContaining("amount differs: 1"),
    });
    const settled = await run(...asked, "--settle", "--json");
    expect(settled.code).toBe(0);
    expect(JSON.parse(settled.text)).toMatchObject({
      settled: 1,
      models: { "sim-small": { difference_usd: "0" } },
    });
    expect(await world.ledger.drifts.read()).toMatchObject([{ modelId: "sim-small", theirPicoUsd: COST }]);

    await writeFile(file, `${billed(attempt)}\n{"attemptId":`);
    const torn = await run(...asked);
    expect(torn).toMatchObject({ code: 2, text: expect.stringContaining("line 2 is no JSON object") });
    expect(torn.text).toContain("nothing is compared or written");
  });

  it("keeps no drift of a run that compares all calls with the lines of one key", async () => {
    const file = join(folder, "usage.csv");
    const columns = "model,input_tokens,input_cached_tokens,output_tokens,num_model_requests,api_key_id";
    const day = "1780272000,1780358400,m,10,0,2,1";
    await writeFile(file, `start_time,end_time,${columns}\n${day},key\n${day},other\n`);
    await run(file, "--format", "openai", "--key", "key");
    expect(await world.ledger.drifts.read()).toEqual([]);
    await run(file, "--format", "openai");
    expect(await world.ledger.drifts.read()).toMatchObject([{ modelId: "none", theirTokens: 24 }]);
  });

  it("refuses what it cannot do", async () => {
    const file = join(folder, "usage.csv");
    await writeFile(file, "start_time,end_time\n");
    const { tableName, endpoint } = world.table;
    const environment = { DYNAMODB_TABLE: tableName, DYNAMODB_ENDPOINT: endpoint };
    const readFile = (path: string) => readFileSync(path, "utf8");
    for (const args of [
      [file],
      [file, "--format", "azure"],
      [file, "--format", "openai", "--settle"],
      [file, "--format", "openai", "--provider", "nobody"],
      [file, "--format", "simulator", "--key", "key_one"],
      [file, "--format", "openai", "--model", "a=b"],
      [file, "--format", "openai", "--from", "tomorrow"],
      [`${file}x`, "--format", "openai"],
    ]) {
      const managed = manageLedger(["reconcile", ...args], { environment, readFile }, () => {});
      await expect(managed, args.join(" ")).rejects.toThrow(RangeError);
    }
  });
});
