import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobRow } from "../src/ledger/index.ts";
import { jobKey } from "../src/ledger/keys.ts";
import { acceptedJob, DECISION, newJob, type TestLedger, usingLedger } from "./support.ts";

afterAll(watchLeaks());

const FAILURE = { code: "PROVIDER_REFUSED", message: "no" };
const HELD = { reason: "budget_exceeded", budgetId: "team", isOwn: true, resumeAt: 5 } as const;
const NOW = 1_900_000_000_000;
const AGAIN = { ...newJob().request, model: "sim-large", maxCostUsd: "1" };
let ledger: TestLedger;

beforeAll(async () => {
  ledger = await usingLedger({ now: () => NOW });
});
afterAll(() => ledger[Symbol.asyncDispose]());

/** Every transition there is, and what it changes beside the version. */
const TRANSITIONS: Record<
  string,
  { move: (job: JobRow) => Promise<JobRow | null>; changes: Partial<JobRow> }
> = {
  classified: {
    move: (job) => ledger.jobs.classified(job, DECISION, { modelId: "sim-small" }),
    changes: { decision: DECISION, modelId: "sim-small", dueStage: "invoke" },
  },
  hold: {
    move: (job) => ledger.jobs.hold(job, HELD),
    changes: { held: HELD },
  },
  claim: {
    move: (job) => ledger.jobs.claim(job, { claimId: "mine", claimUntil: NOW + 1 }),
    changes: { status: "running", attempts: 1, claimId: "mine", claimUntil: NOW + 1 },
  },
  fail: {
    move: (job) => ledger.jobs.fail(job, FAILURE),
    changes: { failure: FAILURE, dueStage: "settle" },
  },
  cancel: {
    move: (job) => ledger.jobs.cancel(job),
    changes: { status: "cancelling", dueStage: "settle" },
  },
  end: {
    move: (job) =>
      ledger.jobs.end(job, {
        status: "succeeded",
        resultAttempt: 1,
        costPicoUsd: 2n ** 60n,
        baselinePicoUsd: 7n,
        counted: [1, 2],
        countedAtRisk: [3],
      }),
    changes: {
      status: "succeeded",
      resultAttempt: 1,
      costPicoUsd: 2n ** 60n,
      baselinePicoUsd: 7n,
      counted: [1, 2],
      countedAtRisk: [3],
    },
  },
  rate: {
    move: (job) => ledger.jobs.rate(job, { score: 0.5, note: "so so", shouldHaveBeen: "COMPLEX" }),
    changes: { feedback: { atMs: NOW, score: 0.5, note: "so so", shouldHaveBeen: "COMPLEX" } },
  },
  recount: {
    move: (job) => ledger.jobs.recount(job, { costPicoUsd: 5n, baselinePicoUsd: 6n, counted: [1] }),
    changes: { costPicoUsd: 5n, baselinePicoUsd: 6n, counted: [1] },
  },
  rerouted: {
    move: (job) =>
      ledger.jobs.rerouted({ ...job, modelId: "sim-small" }, { to: "sim-large", reason: "unavailable" }),
    changes: {
      modelId: "sim-large",
      fallbacks: [{ from: "sim-small", to: "sim-large", reason: "unavailable", atMs: NOW }],
    },
  },
  replay: {
    move: (job) => ledger.jobs.replay(job, { request: AGAIN, deadlineAt: NOW + 9, attentionAt: NOW + 5 }),
    changes: {
      status: "queued",
      dueStage: "classify",
      generation: 2,
      request: AGAIN,
      deadlineAt: NOW + 9,
      attentionAt: NOW + 5,
      replayed: { atMs: NOW, attemptsBefore: 0 },
    },
  },
  discard: {
    move: (job) => ledger.jobs.discard(job, "not worth it"),
    changes: { discarded: { atMs: NOW, reason: "not worth it" } },
  },
};
const NAMES = Object.keys(TRANSITIONS);

describe("a job's row", () => {
  test("is accepted once, as it is answered: a second body under the same id changes nothing", async () => {
    const job = newJob({ fingerprint: "first" });
    const accepted = await ledger.jobs.accept(job);
    expect(accepted).toMatchObject({
      ...job,
      status: "queued",
      dueStage: "classify",
      version: 1,
      generation: 1,
      attempts: 0,
    });
    expect(await ledger.jobs.accept({ ...job, fingerprint: "second", tenant: "other" })).toBeNull();
    expect(await ledger.jobs.read(job.jobId)).toStrictEqual(accepted);
  });

  test("is accepted once, also by fifty at the same time", async () => {
    const job = newJob();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ledger.jobs.accept(job)));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  test.each(NAMES)("%s: moves the row as stated, and answers what is stored", async (name) => {
    const { move, changes } = TRANSITIONS[name] as (typeof TRANSITIONS)[string];
    const before = await acceptedJob(ledger);
    const moved = await move(before);
    expect(moved).toMatchObject({ ...changes, version: before.version + 1, updatedAt: NOW });
    expect(await ledger.jobs.read(before.jobId)).toEqual(moved);
  });

  test.each(NAMES)("%s: by a writer who saw an older version changes nothing", async (name) => {
    const { move } = TRANSITIONS[name] as (typeof TRANSITIONS)[string];
    const stale = await acceptedJob(ledger);
    await ledger.jobs.classified(stale, DECISION, { modelId: "sim-small" });
    const before = await ledger.store.get(jobKey(stale.jobId));
    expect(await move(stale)).toBeNull();
    expect(await ledger.jobs.attend(stale, 1)).toBe(false);
    expect(await ledger.store.get(jobKey(stale.jobId))).toEqual(before);
  });

  test.each(NAMES)("%s: by a writer of an earlier generation changes nothing", async (name) => {
    const { move } = TRANSITIONS[name] as (typeof TRANSITIONS)[string];
    const stale = await acceptedJob(ledger);
    await ledger.store.update({
      key: jobKey(stale.jobId),
      set: { generation: 2 },
      condition: "attribute_exists(pk)",
    });
    const before = await ledger.store.get(jobKey(stale.jobId));
    expect(await move(stale)).toBeNull();
    expect(await ledger.store.get(jobKey(stale.jobId))).toEqual(before);
  });

  test("goes to exactly one of many writers who saw the same version", async () => {
    for (let round = 0; round < 10; round += 1) {
      const job = await acceptedJob(ledger);
      const moves = [...NAMES, ...NAMES].map((name) => TRANSITIONS[name]?.move(job));
      const winners = (await Promise.all(moves)).filter((row) => row !== null);
      expect(winners).toHaveLength(1);
      expect(await ledger.jobs.read(job.jobId)).toEqual(winners[0]);
    }
  });

  test("that does not exist is created by no transition", async () => {
    const ghost = { ...(await acceptedJob(ledger)), jobId: newJob().jobId };
    for (const name of NAMES) expect(await TRANSITIONS[name]?.move(ghost)).toBeNull();
    expect(await ledger.jobs.attend(ghost, 1)).toBe(false);
    expect(await ledger.jobs.read(ghost.jobId)).toBeNull();
  });

  test("that this version cannot read is told by its key, never half understood", async () => {
    const job = await acceptedJob(ledger);
    await ledger.store.update({
      key: jobKey(job.jobId),
      set: { status: "levitating" },
      condition: "attribute_exists(pk)",
    });
    await expect(ledger.jobs.read(job.jobId)).rejects.toMatchObject({
      code: "ROW_INVALID",
      message: expect.stringContaining(`J#${job.jobId} job: status`),
    });
  });
});

describe("the rows that need attention", () => {
  test("are due from their time on, and not before", async () => {
    const job = await acceptedJob(ledger, { attentionAt: 5_000 });
    expect((await ledger.jobs.due(4_999, 100)).jobIds).not.toContain(job.jobId);
    expect((await ledger.jobs.due(5_000, 100)).jobIds).toContain(job.jobId);
  });

  test("wait for the time that somebody gave them, without a visible change", async () => {
    const job = await acceptedJob(ledger, { attentionAt: 5_000 });
    expect(await ledger.jobs.attend(job, 9_000)).toBe(true);
    expect(await ledger.jobs.attend(job, 8_000), "somebody moved it meanwhile").toBe(false);
    expect((await ledger.jobs.due(8_999, 100)).jobIds).not.toContain(job.jobId);
    expect((await ledger.jobs.due(9_000, 100)).jobIds).toContain(job.jobId);
    const after = await ledger.jobs.read(job.jobId);
    expect(after).toEqual({ ...job, attentionAt: 9_000, sweeps: 1 });
  });

  test("no longer hold a job that has ended, nor one that was taken out", async () => {
    const ended = await acceptedJob(ledger, { attentionAt: 1 });
    const cleared = await acceptedJob(ledger, { attentionAt: 1 });
    await TRANSITIONS["end"]?.move(ended);
    await ledger.jobs.attend(cleared, null);
    const { jobIds: due } = await ledger.jobs.due(NOW * 2, 1_000);
    expect(due).not.toContain(ended.jobId);
    expect(due).not.toContain(cleared.jobId);
  });

  test("come from every part of the index, each part with its own limit", async () => {
    await using own = await usingLedger();
    const jobs = await Promise.all(Array.from({ length: 60 }, () => acceptedJob(own, { attentionAt: 7 })));
    const all = await own.jobs.due(7, 60);
    expect(new Set(all.jobIds)).toEqual(new Set(jobs.map((job) => job.jobId)));
    expect(all.jobIds).toHaveLength(60);
    expect(all.isMore).toBe(false);
    const some = await own.jobs.due(7, 2);
    expect(some.jobIds.length).toBeGreaterThan(2);
    expect(some.jobIds.length).toBeLessThanOrEqual(16);
    expect(some.isMore).toBe(true);
  });
});

describe("a tenant's list of jobs", () => {
  let rows: JobRow[];

  beforeAll(async () => {
    // Two jobs a millisecond, so that equal times are ordered by id.
    const created = Array.from({ length: 40 }, (_, index) => 1_800_000_000_000 + Math.floor(index / 2));
    rows = await Promise.all(
      created.map((createdAt) => acceptedJob(ledger, { tenant: "lister", createdAt })),
    );
    rows.sort((a, b) => a.createdAt - b.createdAt || (a.jobId < b.jobId ? -1 : 1));
    await acceptedJob(ledger, { tenant: "lister2" });
  });

  async function pages(isAscending: boolean, limit: number): Promise<string[]> {
    const seen: string[] = [];
    let after: JobRow | undefined;
    for (;;) {
      const page = await ledger.jobs.list({ tenant: "lister", limit, isAscending, after });
      seen.push(...page.map((row) => row.jobId));
      if (page.length < limit) return seen;
      after = page.at(-1);
    }
  }

  test.each([1, 7, 40, 100])("page by page of %i, is whole, in order and without repeats", async (limit) => {
    const ids = rows.map((row) => row.jobId);
    expect(await pages(true, limit)).toEqual(ids);
    expect(await pages(false, limit)).toEqual(ids.toReversed());
  });

  test("keeps to the times that were asked for, both included", async () => {
    const [from, to] = [1_800_000_000_003, 1_800_000_000_005];
    const page = await ledger.jobs.list({ tenant: "lister", limit: 50, isAscending: true, from, to });
    const expected = rows.filter((row) => row.createdAt >= from && row.createdAt <= to);
    expect(page).toEqual(expected);
    expect(page).toHaveLength(6);
  });

  test("reads the rows of the page and no others, though each part of the index holds as many", async () => {
    const units: number[] = [];
    const onRequest = (operation: string, capacityUnits: number) => {
      if (operation === "BatchGetItem") units.push(capacityUnits);
    };
    const watched = await usingLedger({ sharing: ledger, onRequest });
    const page = await watched.jobs.list({ tenant: "lister", limit: 7, isAscending: false, after: rows[20] });
    expect(page).toEqual(rows.slice(13, 20).toReversed());
    // A row of less than 4 KB is one read unit.
    expect(units.reduce((sum, count) => sum + count, 0)).toBe(7);
    await watched[Symbol.asyncDispose]();
  });

  test("shows no other tenant's jobs", async () => {
    expect(await ledger.jobs.list({ tenant: "liste", limit: 50, isAscending: true })).toEqual([]);
    const other = await ledger.jobs.list({ tenant: "lister2", limit: 50, isAscending: true });
    expect(other.map((row) => row.tenant)).toEqual(["lister2"]);
  });

  test("are all found by whoever asks for them page by page, whatever their times", async () => {
    await using own = await usingLedger();
    const jobs = await Promise.all(
      Array.from({ length: 60 }, (_, index) => acceptedJob(own, { attentionAt: NOW * (index % 3) })),
    );
    const found: string[] = [];
    for await (const page of own.jobs.wanting(3)) {
      expect(page.length).toBeLessThanOrEqual(3);
      found.push(...page);
    }
    expect(found.sort()).toEqual(jobs.map((job) => job.jobId).sort());
  });
});
