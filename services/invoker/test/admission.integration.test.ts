import type { Limits, Model, Provider } from "@switchyard/shared/catalogue";
import type { SwitchyardError } from "@switchyard/shared/errors";
import { type AdmissionScope, connect, openAdmission } from "@switchyard/shared/queues";
import { createMetrics } from "@switchyard/shared/telemetry";
import { freePort, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;

beforeEach(async () => {
  world = await usingWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const NONE: Limits = { requestsPerMinute: null, tokensPerMinute: null, inFlight: null };

/** The world's model with limits, over a provider model that fails as its name says. */
function limited(limits: Partial<Limits>, providerModel = "sim-small"): Model {
  return { ...world.model, providerModel, timeoutMs: 2_000, limits: { ...NONE, ...limits } };
}

function scopeOf({ id, limits }: Model): AdmissionScope {
  return { kind: "model", id, limits };
}

function oneCall(model: Model, reservationId: string) {
  return { reservationId, scopes: [scopeOf(model)], tokens: 1, leaseMs: 60_000 };
}

function errorOf(run: Promise<unknown>): Promise<SwitchyardError> {
  return run.then(
    () => Promise.reject(new Error("did not fail")),
    (error: unknown) => error as SwitchyardError,
  );
}

test("a run that the limits refuse writes nothing, uses up no attempt, and says when to come again", async () => {
  const { admission } = world;
  const model = limited({ inFlight: 1 });
  const metrics = createMetrics("test");
  await admission.admit(oneCall(model, "somebody"));
  const job = await world.job();
  const before = await world.view(job);
  for (let round = 0; round < 10; round += 1) {
    const error = await errorOf(world.run(job, { model, admission, metrics }));
    expect(error).toMatchObject({ code: "LIMIT_REACHED", kind: "throttled", isRetriable: true });
    expect(error.retryAfterMs).toBeGreaterThan(0);
  }
  expect(await world.view(job)).toEqual(before);
  const text = await metrics.registry.metrics();
  expect(text).toMatch(/switchyard_limiter_refusals_total\{model="sim-small",limit="in_flight",.*\} 10/);
  expect(text).toMatch(/switchyard_limiter_wait_seconds_count\{.*model="sim-small".*\} 10/);
  await admission.release(oneCall(model, "somebody"));
  expect(await world.run(job, { model, admission })).toMatchObject({ attempt: { n: 1 } });
});

test("while Redis cannot be asked no call is made", async () => {
  const gone = connect(`redis://127.0.0.1:${await freePort()}`, "producer");
  const admission = openAdmission(gone, "{gone}");
  const job = await world.job();
  const before = await world.view(job);
  const error = await errorOf(world.run(job, { admission }));
  expect(error).toMatchObject({ code: "QUEUE_UNAVAILABLE", isRetriable: true });
  expect(await world.view(job)).toEqual(before);
  expect(world.simulator.bill()).toEqual([]);
  gone.disconnect();
});

test.each([
  ["settled", "sim-small"],
  ["void", "fault-500"],
  ["unknown", "fault-reset"],
  ["abandoned", "fault-hang"],
  ["thrown before it was sent", "sim-small"],
])("a call that ends %s frees its slot", async (end, providerModel) => {
  const { admission } = world;
  const model = limited({ inFlight: 1 }, providerModel);
  const job = await world.job();
  const controller = new AbortController();
  const options = { model, admission, signal: controller.signal };
  if (end === "thrown before it was sent") {
    const { contents } = world.ledger;
    const ledger = {
      ...world.ledger,
      contents: { ...contents, readPrompt: () => Promise.reject(new Error("no prompt")) },
    };
    await errorOf(world.run(job, { ...options, ledger }));
  } else {
    const run = world.run(job, options).catch(() => {});
    await expect.poll(async () => (await world.view(job)).attempts.length, { timeout: 10_000 }).toBe(1);
    if (end === "abandoned") {
      await expect.poll(() => world.simulator.inFlight().now, { timeout: 10_000 }).toBe(1);
      expect(await admission.admit(oneCall(model, "other"))).toMatchObject({ admitted: false });
      controller.abort("shutdown");
    }
    await run;
  }
  expect(await admission.admit(oneCall(model, "next"))).toEqual({ admitted: true });
});

test("the tokens that a call really took replace its estimate", async () => {
  const { admission } = world;
  // A burst of 1,500: one estimate of an answer of 1,024 and no second, but many answers as they are.
  const model = limited({ tokensPerMinute: 30_000 });
  for (let round = 0; round < 5; round += 1) await world.run(await world.job(), { model, admission });
  const used = world.simulator.bill().reduce((sum, line) => sum + line.inputTokens + line.outputTokens, 0);
  expect(used).toBeLessThan(1_000);
});

test("a Retry-After keeps every run of the account away, and no run of another account", async () => {
  const { admission } = world;
  const metrics = createMetrics("test");
  const provider = world.catalogue.providers.get(world.model.providerId) as Provider;
  const providers = new Map(world.catalogue.providers).set("other", { ...provider, id: "other" });
  const catalogue = { ...world.catalogue, providers };
  const throttled = await world.job();
  const storm = limited({}, "fault-429;retry-after=2");
  const error = await errorOf(world.run(throttled, { model: storm, catalogue, admission }));
  expect(error).toMatchObject({ code: "PROVIDER_THROTTLED", retryAfterMs: 2_000 });
  const waiting = await world.job();
  const sibling = { ...limited({}), id: "sibling" };
  const other = { ...limited({}), id: "other", providerId: "other" };
  for (const model of [limited({}), sibling]) {
    const refused = await errorOf(world.run(waiting, { model, catalogue, admission, metrics }));
    expect(refused.code).toBe("LIMIT_REACHED");
    expect(refused.retryAfterMs).toBeLessThan(2_250);
  }
  expect(await metrics.registry.metrics()).toMatch(/refusals_total\{model="sibling",limit="hold",/);
  expect((await world.view(waiting)).attempts).toEqual([]);
  const elsewhere = await world.job();
  expect(await world.run(elsewhere, { model: other, catalogue, admission })).not.toBeNull();
  const comesThrough = () => world.run(waiting, { catalogue, admission }).catch(() => null);
  await expect.poll(comesThrough, { timeout: 10_000 }).toMatchObject({ attempt: { n: 1 } });
  expect(world.billed(throttled)).toEqual([]);
});
