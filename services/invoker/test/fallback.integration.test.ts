import type { Model } from "@switchyard/shared/catalogue";
import { type InvokeMessage, summonsOf } from "@switchyard/shared/contracts";
import { createMetrics } from "@switchyard/shared/telemetry";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { InvokeOptions } from "../src/invoke-options.ts";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;

beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const NONE = { context_window: [], content_refused: [], unavailable: [], default: [] };
type Job = Awaited<ReturnType<World["job"]>>;

/** A catalogue of models which fail as they are told to, and the pool of each of them. */
function models(given: Record<string, Partial<Model>>) {
  const entries = Object.entries(given).map(([id, over]): [string, Model] => [
    id,
    { ...world.model, id, fallbacks: NONE, timeoutMs: 10_000, ...over },
  ]);
  const catalogue = { ...world.catalogue, models: new Map(entries) };
  const summoned: InvokeMessage[] = [];
  const summoner: InvokeOptions["summoner"] = {
    summon: async (_, message) => void summoned.push(message as InvokeMessage),
    close: async () => {},
  };
  const metrics = createMetrics("test");
  const run = (job: Job, id: string, own: Partial<InvokeOptions> = {}) => {
    const model = catalogue.models.get(id) as Model;
    return world.run(job, {
      ...{ catalogue, model, modelId: id, summoner, metrics, admission: world.admission },
      ...own,
    });
  };
  return { run, summoned, metrics };
}

test.each([
  ["context_window", "a prompt that does not fit, before it is sent", { windowTokens: 20 }, []],
  [
    "context_window",
    "a prompt that the provider finds too long",
    { providerModel: "fault-context-length" },
    [{ state: "void", error: { code: "WINDOW_EXCEEDED" } }],
  ],
  [
    "content_refused",
    "a prompt that the provider's filter refuses",
    { providerModel: "fault-content-filter" },
    [{ state: "void", error: { code: "CONTENT_FILTERED" } }],
  ],
  [
    "default",
    "a request that the provider refuses for another reason",
    { providerModel: "fault-422" },
    [{ state: "void", error: { code: "PROVIDER_REFUSED" } }],
  ],
] as const)("%s: %s goes to the next model, once, and is answered there", async (reason, _, first, rows) => {
  const fallbacks = { ...NONE, [reason]: ["sim-next"] };
  const { run, summoned, metrics } = models({ "sim-small": { ...first, fallbacks }, "sim-next": {} });
  const job = await world.job();
  expect(await run(job, "sim-small")).toBeNull();
  const { job: moved, attempts } = await world.view(job);
  expect(moved).toMatchObject({ modelId: "sim-next", dueStage: "invoke" });
  expect(moved.fallbacks).toMatchObject([{ from: "sim-small", to: "sim-next", reason }]);
  expect(attempts).toMatchObject(rows);
  const summons = { ...summonsOf(job), modelId: "sim-next" };
  expect(summoned).toEqual([summons]);
  // Whoever comes late to the model that was left hands on, and calls nobody.
  expect(await run(job, "sim-small")).toBeNull();
  expect(summoned).toEqual([summons, summons]);
  expect(await run(job, "sim-next")).toMatchObject({ attempt: { n: rows.length + 1 } });
  expect((await world.view(job)).attempts.at(-1)).toMatchObject({ modelId: "sim-next", state: "settled" });
  expect(await run(job, "sim-small")).toBeNull();
  expect(world.billed(job)).toHaveLength(1);
  expect(await metrics.registry.metrics()).toMatch(
    new RegExp(`fallbacks_total\\{from="sim-small",to="sim-next",reason="${reason}".*\\} 1`),
  );
});

test("unavailable: a job whose attempts are used up goes to the next model, and has as many there", async () => {
  const fallbacks = { ...NONE, unavailable: ["sim-next"] };
  const broken = { providerModel: "fault-500", fallbacks };
  const { run, summoned } = models({ "sim-small": broken, "sim-next": { providerModel: "fault-500" } });
  const admission = { ...world.admission, release: async () => null };
  const job = await world.job();
  for (let n = 0; n < 3; n += 1) await run(job, "sim-small", { admission }).catch(() => {});
  expect(await run(job, "sim-small", { admission })).toBeNull();
  expect(summoned).toMatchObject([{ modelId: "sim-next" }]);
  for (let n = 0; n < 3; n += 1) await run(job, "sim-next", { admission }).catch(() => {});
  await expect(run(job, "sim-next", { admission })).rejects.toMatchObject({ code: "ATTEMPTS_EXHAUSTED" });
  expect((await world.view(job)).attempts.map(({ modelId }) => modelId)).toEqual([
    ...Array(3).fill("sim-small"),
    ...Array(3).fill("sim-next"),
  ]);
});

async function openBreaker(model: string): Promise<void> {
  const scope = { kind: "model" as const, id: model, limits: world.model.limits };
  const reservation = { reservationId: `${model}-opened`, scopes: [scope], tokens: 1, leaseMs: 1_000 };
  await world.admission.release(reservation, 0, "key_refused");
  // A minute, so that no slow machine finds it half-open.
  const until = (Date.now() + 60_000) * 1_000;
  expect((await world.admission.breakers([model]))[0]).toBe("key_refused");
  await world.redis.hset(world.breakerKey(model), "until", String(until));
}

test("unavailable: a job leaves a model whose breaker is open at once, for one whose breaker is not", async () => {
  const fallbacks = { ...NONE, unavailable: ["open-too", "works"] };
  const { run, summoned } = models({ "is-open": { fallbacks }, "open-too": {}, works: {} });
  await openBreaker("is-open");
  await openBreaker("open-too");
  const job = await world.job({ modelId: "is-open" });
  expect(await run(job, "is-open")).toBeNull();
  expect(summoned).toMatchObject([{ modelId: "works" }]);
  expect((await world.view(job)).attempts).toEqual([]);
});

test("unavailable: a job whose probe fails leaves the model at once, and makes no other probe", async () => {
  const fallbacks = { ...NONE, unavailable: ["spare"] };
  const { run, summoned } = models({ fails: { providerModel: "fault-500", fallbacks }, spare: {} });
  const job = await world.job({ modelId: "fails" });
  // Two failures are not enough to open it.
  for (let n = 0; n < 2; n += 1)
    await expect(run(job, "fails")).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
  await openBreaker("fails");
  await world.redis.hset(world.breakerKey("fails"), "until", "1");
  expect(await run(job, "fails")).toBeNull();
  expect(summoned).toMatchObject([{ modelId: "spare" }]);
  const { attempts } = await world.view(job);
  expect(attempts.map(({ isProbe = false }) => isProbe)).toEqual([false, false, true]);
});

test("unavailable: a job that may not leave waits by itself while others may; else all wait in their order", async () => {
  const fallbacks = { ...NONE, unavailable: ["alone-too"] };
  const { run, summoned } = models({
    alone: { fallbacks },
    "alone-too": {},
    bare: {},
    "has-other": { fallbacks: { ...NONE, unavailable: ["other"] } },
    other: {},
  });
  await openBreaker("has-other");
  await openBreaker("alone");
  await openBreaker("alone-too");
  await openBreaker("bare");
  const named = await world.job({ modelId: "has-other", request: { model: "has-other" } });
  await expect(run(named, "has-other")).rejects.toMatchObject({ code: "ROW_CONFLICT", isRetriable: true });
  const waiting = await world.job({ modelId: "alone" });
  await expect(run(waiting, "alone")).rejects.toMatchObject({ code: "LIMIT_REACHED" });
  const held = await world.job({ modelId: "bare" });
  await expect(run(held, "bare")).rejects.toMatchObject({ code: "LIMIT_REACHED" });
  expect(summoned).toEqual([]);
  for (const job of [waiting, named, held]) expect((await world.view(job)).attempts).toEqual([]);
});

test("unavailable: a model without a list is left for what the model before it lists", async () => {
  const first = { providerModel: "fault-content-filter" };
  const lists = { ...NONE, content_refused: ["then-open"], unavailable: ["then-open", "last"] };
  const { run, summoned } = models({
    "sim-small": { ...first, fallbacks: lists },
    "then-open": {},
    last: {},
  });
  const job = await world.job();
  expect(await run(job, "sim-small")).toBeNull();
  await openBreaker("then-open");
  expect(await run(job, "then-open")).toBeNull();
  expect(summoned.map(({ modelId }) => modelId)).toEqual(["then-open", "last"]);
});

test("a model asked for by name is not left, whatever its lists say", async () => {
  const fallbacks = { ...NONE, content_refused: ["sim-next"] };
  const filtered = { providerModel: "fault-content-filter", fallbacks };
  const { run, summoned } = models({ "sim-small": filtered, "sim-next": {} });
  const job = await world.job({ request: { model: "sim-small" } });
  await expect(run(job, "sim-small")).rejects.toMatchObject({ code: "CONTENT_FILTERED" });
  expect(summoned).toEqual([]);
});

test("a chain passes over what is used up, goes by the lists behind it, and ends with the last refusal", async () => {
  const filtered = { providerModel: "fault-content-filter" };
  const { run } = models({
    "sim-small": { ...filtered, fallbacks: { ...NONE, content_refused: ["second", "third"] } },
    second: { ...filtered, fallbacks: { ...NONE, content_refused: ["sim-small"] } },
    third: filtered,
  });
  const job = await world.job();
  for (const id of ["sim-small", "second"]) expect(await run(job, id)).toBeNull();
  await expect(run(job, "third")).rejects.toMatchObject({ code: "CONTENT_FILTERED" });
  const { job: row, attempts } = await world.view(job);
  expect(row.fallbacks?.map(({ from, to }) => [from, to])).toEqual([
    ["sim-small", "second"],
    ["second", "third"],
  ]);
  expect(attempts.map(({ modelId, state }) => [modelId, state])).toEqual([
    ["sim-small", "void"],
    ["second", "void"],
    ["third", "void"],
  ]);
});

test("no other model is called after a call that was or may have been paid and may not be again", async () => {
  const fallbacks = { ...NONE, unavailable: ["sim-next"], default: ["sim-next"] };
  const { run, summoned } = models({
    "sim-small": { providerModel: "fault-reset", fallbacks },
    "sim-next": {},
  });
  const job = await world.job({ request: { onUnknown: "fail" } });
  await run(job, "sim-small").catch(() => {});
  await expect(run(job, "sim-small")).rejects.toMatchObject({ code: "OUTCOME_UNRESOLVED" });
  expect(summoned).toEqual([]);
});

test("max_cost_usd covers the chain: what an unknown call may have cost comes off the next model's", async () => {
  const fallbacks = { ...NONE, content_refused: ["sim-next"] };
  const { run, summoned } = models({ "sim-small": { fallbacks }, "sim-next": {} });
  const pays = async (maxCostUsd: string) => {
    const request = { maxCostUsd, maxOutputTokens: 10 };
    const job = await world.job({ request, prompt: "word ".repeat(100) });
    const client = (providerModel: string) => {
      const complete: InvokeOptions["client"]["complete"] = (asked) =>
        world.client.complete({ ...asked, providerModel });
      return { client: { ...world.client, complete } };
    };
    await run(job, "sim-small", client("fault-reset")).catch(() => {});
    return run(job, "sim-small", client("fault-content-filter")).catch((error: unknown) => error);
  };
  // 516 tokens of prompt at 0.15 and 10 of answer at 0.60 USD per million: 83.4 millionths a call.
  expect(await pays("0.0001668")).toBeNull();
  expect(summoned).toHaveLength(1);
  const poor = await pays("0.000155");
  expect(poor).toMatchObject({ code: expect.stringMatching(/COST_LIMIT_EXCEEDED|CONTENT_FILTERED/) });
  expect(summoned).toHaveLength(1);
});

test("nobody leaves a model after the deadline, and a row that somebody else moves is looked at again", async () => {
  const fallbacks = { ...NONE, content_refused: ["sim-next"] };
  const filtered = { providerModel: "fault-content-filter", fallbacks };
  const { run, summoned } = models({ "sim-small": filtered, "sim-next": {} });
  const job = await world.job();
  const jobs = { ...world.ledger.jobs, rerouted: async () => null };
  const conflict = run(job, "sim-small", { ledger: { ...world.ledger, jobs } });
  await expect(conflict).rejects.toMatchObject({ code: "ROW_CONFLICT", isRetriable: true });
  expect(summoned).toEqual([]);
  // The refusal is on the attempt's row: whoever comes next falls back without another call.
  expect(await run(job, "sim-small")).toBeNull();
  expect((await world.view(job)).attempts).toHaveLength(1);
  const late = await world.job();
  const { deadlineAt } = late;
  let clock = deadlineAt - 10;
  const now = () => clock;
  const client: InvokeOptions["client"] = {
    ...world.client,
    async complete(request) {
      const outcome = await world.client.complete({ ...request, timeoutMs: 10_000 });
      clock = deadlineAt;
      return outcome;
    },
  };
  await expect(run(late, "sim-small", { now, client })).rejects.toMatchObject({ code: "CONTENT_FILTERED" });
});

test("a replay starts a new chain", async () => {
  const fallbacks = { ...NONE, content_refused: ["sim-next"] };
  const filtered = { providerModel: "fault-content-filter", fallbacks };
  const { run } = models({ "sim-small": filtered, "sim-next": { providerModel: "fault-content-filter" } });
  const job = await world.job();
  await run(job, "sim-small");
  const { job: moved } = await world.view(job);
  const request = moved.request;
  const again = { request, deadlineAt: Date.now() + 60_000, attentionAt: Date.now() };
  const replayed = await world.ledger.jobs.replay(moved, again);
  expect(replayed?.fallbacks).toBeUndefined();
  expect((await world.view(job)).job.fallbacks).toBeUndefined();
});
