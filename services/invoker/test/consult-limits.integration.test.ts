import type { Catalogue, ConsultSettings } from "@switchyard/shared/catalogue";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { JobRow } from "@switchyard/shared/ledger";
import { type Admission, openAdmission } from "@switchyard/shared/queues";
import { uniquePrefix, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { giveUpWith } from "../src/invoke.ts";
import type { InvokeOptions } from "../src/invoke-options.ts";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
let catalogue: Catalogue;
const summoned: unknown[][] = [];
const summoner: InvokeOptions["summoner"] = {
  summon: async (...given) => void summoned.push(given),
  close: async () => {},
};
const SETTINGS: ConsultSettings = {
  ...{ modelId: "sim-small", timeoutMs: 400, belowConfidencePpm: 600_000, maxOutputTokens: 64 },
  ...{ maxPromptBytes: 4_096, isGated: false, qualityValueUsd: "0", hasSchema: true, isReasoning: false },
};

beforeAll(async () => {
  world = await usingWorld();
  const classifier = { ...world.catalogue.classifier, mode: "llm" as const, llm: SETTINGS };
  catalogue = { ...world.catalogue, classifier };
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  summoned.length = 0;
});

function consult(job: Pick<JobRow, "jobId">, own: Parameters<World["run"]>[1] = {}) {
  return world.run(job, { isConsult: true, catalogue, summoner, ...own });
}

/** Far off, for where the time is told and not waited for. */
const ENDS_AT = Date.now() + 300_000;

/** A clock that stands, and then stands at another time from when the attempt is claimed. */
function clockAt(atMs: number, claimedAtMs: number): Pick<InvokeOptions, "now" | "ledger"> {
  const { jobs } = world.ledger;
  let nowMs = atMs;
  const claim: typeof jobs.claim = (...given) => {
    nowMs = claimedAtMs;
    return jobs.claim(...given);
  };
  return { now: () => nowMs, ledger: { ...world.ledger, jobs: { ...jobs, claim } } };
}

const classifySummons = ({ jobId, tenant }: JobRow) => [
  ...["classify", { version: 1, jobId, generation: 1, tenant, priority: "normal" }, { suffix: "-c" }],
];

describe("the breaker of a model", () => {
  async function openBreaker(prefix: string): Promise<Admission> {
    const admission = openAdmission(world.redis, prefix);
    for (let round = 0; round < 5; round += 1)
      await consult(await world.consulting(), { admission, providerModel: "fault-503" });
    return admission;
  }
  const coolDown = (prefix: string, agoMs: number) =>
    world.redis.hset(
      ...([`${prefix}:admission:model:sim-small:breaker`, "until", (Date.now() - agoMs) * 1_000] as const),
    );

  test("hears nothing of a judgement that was cut because nobody waited any longer", async () => {
    const admission = openAdmission(world.redis, uniquePrefix("{consult}"));
    for (let round = 0; round < 6; round += 1) {
      const job = await world.consulting({ endsAt: ENDS_AT });
      const clock = { atMs: ENDS_AT - 150 };
      const client: InvokeOptions["client"] = {
        ...world.client,
        async complete(request) {
          const outcome = await world.client.complete(request);
          clock.atMs = ENDS_AT;
          return outcome;
        },
      };
      const now = () => clock.atMs;
      await consult(job, { admission, client, now, providerModel: "fault-hang" });
      expect((await world.view(job)).job.consult).toMatchObject({ failure: "timeout" });
    }
    expect(await admission.breakers(["sim-small"])).toEqual([null]);
    expect(await world.run(await world.job(), { admission })).toMatchObject({ attempt: { n: 1 } });
  });

  test("nor of one for which no time was left when it was to be sent", async () => {
    const admission = openAdmission(world.redis, uniquePrefix("{consult}"));
    for (let round = 0; round < 6; round += 1) {
      const job = await world.consulting({ endsAt: ENDS_AT });
      await consult(job, { admission, ...clockAt(ENDS_AT - 150, ENDS_AT) });
      const view = await world.view(job);
      expect(view.attempts).toMatchObject([{ kind: "classify", state: "void" }]);
      expect(view.job.consult).toMatchObject({ failure: "timeout" });
    }
    expect(await admission.breakers(["sim-small"])).toEqual([null]);
  });

  test("hears of a model that takes longer than its own bound", async () => {
    const admission = openAdmission(world.redis, uniquePrefix("{consult}"));
    for (let round = 0; round < 5; round += 1) {
      await consult(await world.consulting(), { admission, providerModel: "fault-hang", timeoutMs: 100 });
    }
    expect(await admission.breakers(["sim-small"])).toEqual(["failures"]);
  });

  test("is probed by a job that waits for the model, and not by a judgement", async () => {
    const prefix = uniquePrefix("{consult}");
    const admission = await openBreaker(prefix);
    await coolDown(prefix, 1_000);
    const job = await world.consulting();
    await consult(job, { admission });
    expect((await world.view(job)).job.consult).toMatchObject({ failure: "breaker_open" });
    expect(await world.run(await world.job(), { admission })).toMatchObject({ attempt: { n: 1 } });
    expect(await admission.breakers(["sim-small"])).toEqual([null]);
  });

  test("is probed by a judgement where no job has done so for a while, as of a model that only judges", async () => {
    const prefix = uniquePrefix("{consult}");
    const admission = await openBreaker(prefix);
    await coolDown(prefix, 60_000);
    const job = await world.consulting();
    await consult(job, { admission });
    expect((await world.view(job)).job.consult).toMatchObject({ answer: "CALCULATION" });
    expect(await admission.breakers(["sim-small"])).toEqual([null]);
  });
});

test("a judgement whose turn comes too late for an answer is not asked for", async () => {
  const job = await world.consulting({ endsAt: ENDS_AT });
  expect(await consult(job, { now: () => ENDS_AT - 99 })).toBeNull();
  const { job: row, attempts } = await world.view(job);
  expect(row.consult).toMatchObject({ failure: "throttled" });
  expect(attempts).toEqual([]);
  expect(summoned).toEqual([classifySummons(job)]);
});

describe("what fails in a judgement fails no job", () => {
  const giveUp = (job: JobRow, modelId = "sim-small") =>
    giveUpWith({ ledger: world.ledger, summoner })(
      { version: 1, jobId: job.jobId, generation: 1, modelId, consult: true },
      new SwitchyardError("JOB_POISONED", "5 runs"),
    );

  test("a fault before the call: the local answer stands", async () => {
    const job = await world.consulting();
    const contents = { ...world.ledger.contents, readPrompt: () => Promise.reject(new TypeError("bug")) };
    await expect(consult(job, { ledger: { ...world.ledger, contents } })).rejects.toThrow("bug");
    expect(await giveUp(job)).toBeNull();
    const { job: row } = await world.view(job);
    expect(row).toMatchObject({ dueStage: "classify", consult: { failure: "unavailable" } });
    expect(row).not.toHaveProperty("failure");
    expect(summoned).toEqual([classifySummons(job)]);
  });

  test("a fault after it: what the model said is in its row, and holds", async () => {
    const job = await world.consulting();
    const jobs = { ...world.ledger.jobs, consulted: () => Promise.reject(new TypeError("bug")) };
    await expect(consult(job, { ledger: { ...world.ledger, jobs } })).rejects.toThrow("bug");
    await giveUp(job);
    expect((await world.view(job)).job.consult).toMatchObject({ answer: "CALCULATION" });
  });

  test("a poisoned summons does nothing to a job that was decided long since", async () => {
    const job = await world.job();
    expect(await giveUp(job)).toBeNull();
    expect((await world.view(job)).job).toEqual(job);
    expect(summoned).toEqual([]);
  });

  test("and a call for its answer does", async () => {
    const job = await world.job();
    const message = { version: 1 as const, jobId: job.jobId, generation: 1, modelId: "sim-small" };
    const error = new SwitchyardError("JOB_POISONED", "5 runs");
    expect(await giveUpWith({ ledger: world.ledger, summoner })(message, error)).not.toBeNull();
    expect((await world.view(job)).job.failure).toMatchObject({ code: "JOB_POISONED" });
  });
});

test("an outcome whose summons was lost is summoned for again, until the job is decided", async () => {
  const job = await world.consulting();
  const lost = { ...summoner, summon: () => Promise.reject(new Error("Redis is away")) };
  await expect(consult(job, { summoner: lost })).rejects.toThrow("Redis is away");
  expect(await consult(job)).toBeNull();
  expect(summoned).toEqual([classifySummons(job)]);
  const seen = (await world.ledger.jobs.read(job.jobId)) as JobRow;
  expect(await world.ledger.jobs.classified(seen, DECISION, { modelId: "sim-small" })).not.toBeNull();
  await consult(job);
  expect(summoned).toHaveLength(1);
  expect(world.billed(job)).toHaveLength(1);
});

const DECISION = {
  ...{ class: "SIMPLE" as const, confidence: 1, strategy: "local", strategy_version: "1", reasons: [] },
  ...{ candidates: [], cost_usd: "0", ms: 0, baseline: null },
};

describe("the time of a judgement", () => {
  test("is absolute: what a slow ledger takes comes off its call", async () => {
    const job = await world.consulting({ endsAt: ENDS_AT });
    let timeoutMs = 0;
    const client: InvokeOptions["client"] = {
      ...world.client,
      complete(request) {
        timeoutMs = request.timeoutMs;
        return world.client.complete(request);
      },
    };
    await consult(job, { client, ...clockAt(ENDS_AT - 3_000, ENDS_AT - 1_000) });
    expect(timeoutMs).toBe(1_000);
    const [row] = (await world.view(job)).attempts;
    expect(row?.leaseUntil).toBe(ENDS_AT + 10_000);
  });

  test("over, the job's own call looks again soon whether the judgement is written down", async () => {
    const job = await world.consulting();
    const { attempts } = world.ledger;
    let release = () => {};
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    const voided: typeof attempts.voided = async (...given) => {
      await isReleased;
      return attempts.voided(...given);
    };
    const ledger = { ...world.ledger, attempts: { ...attempts, voided } };
    const running = consult(job, { providerModel: "fault-503", ledger });
    await expect.poll(async () => (await world.view(job)).attempts.length).toBe(1);
    await world.ledger.jobs.classified((await world.view(job)).job, DECISION, { modelId: "sim-small" });
    const own = await world.run(job).then(
      () => null,
      (error: SwitchyardError) => error,
    );
    expect(own).toMatchObject({ code: "ROW_CONFLICT" });
    expect(own?.retryAfterMs).toBeLessThan(1_000);
    release();
    await running;
    expect(await world.run(job)).toMatchObject({ attempt: { n: 2 } });
  });
});

test("what a model said rides in the summons where its row cannot be written", async () => {
  const job = await world.consulting();
  const away = new SwitchyardError("LEDGER_UNAVAILABLE", "away");
  const attempts = { ...world.ledger.attempts, settle: () => Promise.reject(away) };
  const settle = await consult(job, {
    ledger: { ...world.ledger, attempts },
    signal: AbortSignal.timeout(1_000),
  });
  expect(settle).toMatchObject({ attempt: { n: 1, judged: "CALCULATION" } });
});
