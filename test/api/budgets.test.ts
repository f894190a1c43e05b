import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobView } from "@switchyard/shared/contracts";
import { formatUsd, parseUsd } from "@switchyard/shared/pricing";
import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, expect, test } from "vitest";
import { type System, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

/** 32 tokens in and 10 out at most, at 0.15 and 0.60 USD per million tokens. */
const SUBMIT = { input: "x", model: "sim-small", max_output_tokens: 10 };
const CEILING = 32n * 150_000n + 10n * 600_000n;

interface Shown {
  id: string;
  limit_usd: string;
  spent_usd: string;
  reserved_usd: string;
  state: "ready" | "building";
}

let system: System;
let folder: string;
afterEach(async () => {
  await system.stop();
  await rm(folder, { recursive: true });
});

/** A system under budgets, whose accounts are built. */
async function startUnder(budgets: object, options: Parameters<typeof startSystem>[0] = {}): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), "switchyard-budgets-"));
  const shipped = await readFile(new URL("../../switchyard.yaml", import.meta.url), "utf8");
  const file = join(folder, "switchyard.yaml");
  await writeFile(file, `${shipped}\nbudgets: ${JSON.stringify(budgets)}\n`);
  const environment = { SWITCHYARD_CONFIG: file, SWEEP_INTERVAL_MS: "200" };
  system = await startSystem({ latencyScale: 0, ...options, environment });
  await ready();
}

async function shown(): Promise<Shown[]> {
  return (await send<{ data: Shown[] }>(system, "GET /v1/budgets")).body.data;
}

const ready = () =>
  waitFor(async () => (await shown()).every(({ state }) => state === "ready"), {
    timeoutMs: 60_000,
    what: "accounts that are built",
  });

const submit = (given: object = {}) =>
  send<JobView & { code?: string }>(system, "POST /v1/jobs", { body: { ...SUBMIT, ...given } });

async function ended(jobId: string): Promise<JobView> {
  const headers = { prefer: "wait=10" };
  const look = async () => {
    const { body } = await send<JobView>(system, `GET /v1/jobs/${jobId}`, { headers });
    return ["succeeded", "failed", "cancelled", "expired"].includes(body.status) ? body : null;
  };
  return waitFor(look, { timeoutMs: 60_000, what: `the end of ${jobId}` });
}

/** Reads the budgets again and again until told to stop. Answers the most that was ever used of each. */
function watchUse() {
  const most: Record<string, bigint> = {};
  let isOver = false;
  let samples = 0;
  const watching = (async () => {
    while (!isOver) {
      for (const { id, spent_usd, reserved_usd, state } of await shown()) {
        if (state !== "ready") continue;
        const used = parseUsd(spent_usd) + parseUsd(reserved_usd);
        if (used > (most[id] ?? -1n)) most[id] = used;
        samples += 1;
      }
      // The whole system is in this process: it must get to run, too.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return { most, samples };
  };
}

const sumOf = (jobs: readonly JobView[]) =>
  jobs.reduce((sum, { cost }) => sum + parseUsd(cost.total_usd), 0n);

test("of 200 submits at once against a budget for 20, none ever passes it, and none is refused that has room", async () => {
  const limit = 20n * CEILING;
  await startUnder(
    { team: { tenant: "acme", window: "month", limit_usd: formatUsd(limit) } },
    { invokes: false },
  );
  const stopWatching = watchUse();
  const answers = await Promise.all(Array.from({ length: 200 }, () => submit()));
  const accepted = answers.filter(({ status }) => status === 202).map(({ body }) => body.id);
  expect(accepted).toHaveLength(20);
  const refused = answers.filter(({ status }) => status !== 202);
  expect(new Set(refused.map(({ status, body }) => `${status} ${body.code}`))).toEqual(
    new Set(["429 budget_exceeded"]),
  );
  await system.startInvoker();
  const jobs = await Promise.all(accepted.map(ended));
  expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(["succeeded"]));

  // What the calls did not take is free again, to the last place: whoever is refused from now on has no room.
  let spent = sumOf(jobs);
  for (let hasRoom = true; hasRoom; ) {
    await waitFor(async () => (await shown())[0]?.reserved_usd === "0", { timeoutMs: 30_000 });
    expect((await shown())[0]?.spent_usd).toBe(formatUsd(spent));
    const { status, body } = await submit();
    hasRoom = spent + CEILING <= limit;
    expect(status).toBe(hasRoom ? 202 : 429);
    if (hasRoom) spent += sumOf([await ended(body.id)]);
  }
  const { most, samples } = await stopWatching();
  expect(most["team"]).toBe(limit);
  expect(samples).toBeGreaterThan(10);
});

test("two budgets at once cover a job together or not at all", async () => {
  const narrow = { tenant: "acme", window: "day", limit_usd: formatUsd(3n * CEILING) };
  const wide = { window: "hour", time_zone: "Europe/Berlin", limit_usd: formatUsd(5n * CEILING) };
  await startUnder({ narrow, wide: { ...wide, tenant: "acme" } }, { invokes: false });
  const answers = await Promise.all(Array.from({ length: 30 }, () => submit()));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(3);
  const reserved = (await shown()).map(({ reserved_usd }) => reserved_usd);
  expect(reserved).toEqual([formatUsd(3n * CEILING), formatUsd(3n * CEILING)]);
});

test("a held job says why, keeps nobody else back, and goes on once its budget is raised", async () => {
  await startUnder({}, { invokes: false });
  const admin = await system.keyOf("operators", "jobs:read,admin");
  const put = (limit: bigint) =>
    send(system, "PUT /v1/budgets/team", {
      headers: { authorization: `Bearer ${admin}` },
      body: { tenant: "acme", window: "month", limit_usd: formatUsd(limit) },
    });
  // Accepted before there is a budget: only whoever makes the call can ask.
  const { body: job } = await submit();
  await put(1n);
  await waitFor(async () => (await shown()).length === 1, { timeoutMs: 10_000 });
  await ready();
  await system.startInvoker();
  const look = async () => (await send<JobView>(system, `GET /v1/jobs/${job.id}`)).body;
  const held = await waitFor(
    async () => {
      const seen = await look();
      return seen.held === null ? null : seen;
    },
    { timeoutMs: 60_000, what: "a held job" },
  );
  expect(held).toMatchObject({
    status: "queued",
    attempts: [],
    held: { reason: "budget_exceeded", cause: "limit", budget: "team", resumes_at: null },
  });
  const headers = { authorization: `Bearer ${await system.keyOf("other")}` };
  const other = await send<JobView>(system, "POST /v1/jobs", {
    headers: { ...headers, prefer: "wait=30" },
    body: SUBMIT,
  });
  expect(other.body.status).toBe("succeeded");
  expect((await look()).status).toBe("queued");
  await put(CEILING);
  const done = await waitFor(
    async () => {
      const seen = await look();
      return seen.status === "succeeded" ? seen : null;
    },
    { timeoutMs: 100_000, what: "the end of the held job" },
  );
  expect(done.held).toBeNull();
  await waitFor(async () => (await shown())[0]?.reserved_usd === "0", { timeoutMs: 30_000 });
  expect((await shown())[0]?.spent_usd).toBe(done.cost.total_usd);
});
