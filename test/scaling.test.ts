import type { JobView } from "@switchyard/shared/contracts";
import { type RunningProcess, startProcess, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { type System, send, startSystem } from "./api/system.ts";

afterAll(watchLeaks());

/** A call takes about two seconds: long enough to be on the wire when its worker is told to leave. */
const LATENCY_SCALE = 14;

let system: System;
const workers: RunningProcess[] = [];

beforeEach(async () => {
  system = await startSystem({ invokes: false, latencyScale: LATENCY_SCALE });
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await system.stop();
});

/** A worker in a process of its own, as it runs in a pod. */
async function startWorker(env: Record<string, string> = {}): Promise<RunningProcess> {
  const worker = startProcess({
    entry: new URL("main.ts", import.meta.resolve("@switchyard/invoker")),
    name: "invoker",
    env: {
      ...system.environment,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      LOG_LEVEL: "info",
      INVOKER_MODELS: "sim-small",
      INVOKER_CONCURRENCY: "2",
      ...env,
    },
  });
  workers.push(worker);
  await worker.waitForLog((line) => line.includes('"msg":"ready"'), { timeoutMs: 30_000 });
  return worker;
}

async function submit(count: number): Promise<string[]> {
  const inputs = Array.from({ length: count }, (_, n) => `What is the capital of France? (${n})`);
  const submitted = inputs.map((input) =>
    send<JobView>(system, "POST /v1/jobs", { body: { input, model: "sim-small" } }),
  );
  return (await Promise.all(submitted)).map(({ body }) => body.id);
}

async function answered(ids: readonly string[]): Promise<JobView[]> {
  const get = async (id: string) => (await send<JobView>(system, `GET /v1/jobs/${id}`)).body;
  const jobs = async () => Promise.all(ids.map(get));
  await waitFor(async () => (await jobs()).every(({ status }) => status === "succeeded"), {
    timeoutMs: 60_000,
  });
  return jobs();
}

/** Each job was called once, and its one call is on the bill. */
function expectOneCallEach(jobs: readonly JobView[]): void {
  for (const { id, attempts } of jobs) {
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["settled"]);
    expect(system.simulator.bill().filter(({ jobId }) => jobId === id)).toHaveLength(1);
  }
}

interface Load {
  load: number;
  queues: { active: number; delayed: number; prioritized: number; drainSeconds: number | null }[];
}

async function load(): Promise<Load> {
  const [ingest] = system.opsPorts;
  const pool = "stage=invoke&model=sim-small&due_within=0";
  const response = await fetch(`http://127.0.0.1:${ingest}/queue-load?${pool}`);
  return (await response.json()) as Load;
}

const callsNow = () => system.simulator.inFlight().now;

describe("workers that come and go", () => {
  test("a call in flight survives the scale-in of its worker, and what it had not begun waits for the next", async () => {
    const worker = await startWorker();
    const ids = await submit(5);
    await waitFor(() => callsNow() === 2);
    const { code } = await worker.stop();
    expect([code, system.simulator.bill().length]).toEqual([0, 2]);
    // Handed back, or never taken: in the queue either way, and no call was begun for it.
    await waitFor(async () => (await load()).load === 3);
    expect((await load()).queues).toMatchObject([{ active: 0, prioritized: 3, drainSeconds: null }]);
    await startWorker();
    expectOneCallEach(await answered(ids));
  });

  test("calls in flight survive a rollout, in which the next worker begins before the last one leaves", async () => {
    const last = await startWorker();
    const ids = await submit(2);
    await waitFor(() => callsNow() > 0);
    await startWorker();
    ids.push(...(await submit(8)));
    await waitFor(() => callsNow() === 4);
    const { code } = await last.stop();
    expect(code).toBe(0);
    expectOneCallEach(await answered(ids));
  });

  test("a job whose worker is killed three times before its call is answered all the same, with one call", async () => {
    const env = { SWITCHYARD_FAILPOINTS: "invoke.beforeIntent=kill", QUEUE_LOCK_MS: "1500" };
    const ids = await submit(1);
    for (let death = 0; death < 3; death += 1) {
      const worker = await startWorker(env);
      expect((await worker.exited).signal).toBe("SIGKILL");
    }
    await startWorker({ QUEUE_LOCK_MS: "1500" });
    expectOneCallEach(await answered(ids));
  });

  test("a job that comes due wakes up a pool that was scaled to none", async () => {
    system.simulator.setFaults({ "429": 1 });
    const worker = await startWorker();
    const ids = await submit(1);
    await waitFor(async () => (await load()).queues[0]?.delayed === 1);
    await worker.stop();
    system.simulator.setFaults({});
    // Nobody is there to move it to those that wait, so only the load tells that its time has come.
    await waitFor(async () => (await load()).load === 1, { timeoutMs: 30_000 });
    expect((await load()).queues).toMatchObject([{ delayed: 1, prioritized: 0, active: 0 }]);
    await startWorker();
    const [job] = await answered(ids);
    expect(job?.attempts.map(({ outcome }) => outcome)).toEqual(["void", "settled"]);
    expect(system.simulator.bill()).toHaveLength(1);
  });
});
