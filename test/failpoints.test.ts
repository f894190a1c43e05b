import { FAILPOINTS, type Failpoint } from "@switchyard/shared/lifecycle";
import { waitFor } from "@switchyard/testkit";
import { type Evidence, expectSound, promptOf, type ServiceName, withSystem } from "@switchyard/torture";
import { describe, expect, it } from "vitest";

interface Scenario {
  failpoint: Failpoint;
  promise: string;
  /** Several at once where lists are involved; one where the exact calls of the killed job are told. */
  jobs: number;
  onUnknown?: "retry" | "fail";
  /** A mix for the provider. */
  faults?: string;
  /** A model judges each job before it is answered. */
  isConsulted?: true;
  /** What becomes of each job: its end, its rows in order, and how many of them the provider billed. */
  status: string;
  rows: string[];
  billed: number;
}

const ONCE = { status: "succeeded", rows: ["settled"], billed: 1 };
const AGAIN = { jobs: 1, status: "succeeded", rows: ["unknown", "settled"] };
const JUDGED = { isConsulted: true as const, status: "succeeded", rows: ["settled", "settled"], billed: 2 };
const NOT_AGAIN = { jobs: 1, onUnknown: "fail" as const, status: "failed", rows: ["unknown"] };

const SCENARIOS: Scenario[] = [
  {
    failpoint: "ingest.afterReserve",
    promise: "a job that was reserved for and never accepted is accepted when it is sent again",
    jobs: 6,
    ...ONCE,
  },
  {
    failpoint: "ingest.afterAccept",
    promise: "a job that was accepted and never enqueued is answered all the same",
    jobs: 6,
    ...ONCE,
  },
  {
    failpoint: "classify.afterConsult",
    promise: "a job that was to be judged by a model and not handed over is judged by it once",
    jobs: 6,
    ...JUDGED,
  },
  {
    failpoint: "classify.afterWrite",
    promise: "a job that was classified and not handed over is called once",
    jobs: 6,
    ...ONCE,
  },
  {
    failpoint: "classify.afterHandOver",
    promise: "a job that was handed over to its model twice is called once",
    jobs: 6,
    ...ONCE,
  },
  {
    failpoint: "invoke.afterCover",
    promise: "a death between the reservation and the claim leaves no row, and the job is called once",
    jobs: 1,
    ...ONCE,
  },
  {
    failpoint: "invoke.beforeIntent",
    promise: "a death before the intent leaves no row, and the job is called once",
    jobs: 1,
    ...ONCE,
  },
  {
    failpoint: "invoke.afterIntent",
    promise: "a death between intent and call leaves one unknown, and the job is called once",
    ...AGAIN,
    billed: 1,
  },
  {
    failpoint: "invoke.duringCall",
    promise: "a death as the request leaves makes an unknown, and the job is called again",
    ...AGAIN,
    billed: 1,
  },
  {
    failpoint: "invoke.duringCall",
    promise: "a death as the request leaves is not followed by another call under on_unknown: fail",
    ...NOT_AGAIN,
    billed: 0,
  },
  {
    failpoint: "invoke.afterAnswer",
    promise: "an answer that dies with its process is an unknown, and the job is called again",
    ...AGAIN,
    billed: 2,
  },
  {
    failpoint: "invoke.afterAnswer",
    promise: "an answer that dies with its process is paid for once under on_unknown: fail",
    ...NOT_AGAIN,
    billed: 1,
  },
  {
    failpoint: "invoke.afterSettle",
    promise: "an answer that was written down is replayed, with exactly one call",
    jobs: 1,
    ...ONCE,
  },
  {
    failpoint: "invoke.afterHandOver",
    promise: "an answer that was handed over twice is settled once",
    jobs: 1,
    ...ONCE,
  },
  {
    failpoint: "invoke.afterReroute",
    promise: "a job that left its model and was not handed over is called by the next one, once",
    jobs: 1,
    faults: "content-filter=1",
    status: "failed",
    rows: ["void", "void"],
    billed: 0,
  },
  {
    failpoint: "invoke.afterJudgement",
    promise: "a judgement that was written down is found there, and not paid for again",
    jobs: 1,
    ...JUDGED,
  },
  {
    failpoint: "invoke.afterAnswer",
    promise: "a judgement that dies with its process is an unknown, and the local answer stands",
    jobs: 1,
    ...JUDGED,
    rows: ["unknown", "settled"],
  },
  {
    failpoint: "invoke.afterConsult",
    promise: "a judgement that was not handed back is handed back, and not paid for again",
    jobs: 1,
    ...JUDGED,
  },
  {
    failpoint: "settle.beforeTotals",
    promise: "a death before the totals are written books every call once",
    jobs: 6,
    ...ONCE,
  },
  {
    failpoint: "settle.afterTotals",
    promise: "a death between the totals and the end books every call once",
    jobs: 6,
    ...ONCE,
  },
  {
    failpoint: "settle.afterEnd",
    promise: "a death after the end changes nothing",
    jobs: 6,
    ...ONCE,
  },
];

const SERVICE_OF: Record<string, ServiceName> = {
  ingest: "ingest",
  classify: "classifier",
  invoke: "invoker",
  settle: "cost",
};

/**
 * The sweeper would hide a summons that a queue lost. It helps only where nothing was ever enqueued; everywhere else
 * the queue alone must bring the job back.
 */
const NEVER_MS = 600_000;

it("every failpoint has a crash test, which fails unless the failpoint is reached", () => {
  const tested = SCENARIOS.map(({ failpoint }) => failpoint);
  expect([...new Set(tested)].sort()).toEqual([...FAILPOINTS].sort());
});

/** Nobody is too late for it within a test. */
const LLM = "{ model: sim-small, timeout_ms: 30000 }";

/** What became of each accepted job. */
function fates({ told, attempts, bill }: Evidence) {
  return told.map(({ jobId, ends }) => ({
    status: ends[0],
    rows: attempts.filter((attempt) => attempt.jobId === jobId).map(({ state }) => state),
    billed: bill.filter((line) => line.jobId === jobId).length,
  }));
}

describe.concurrent("kill -9 at", () => {
  it.each(SCENARIOS)(
    "$failpoint: $promise",
    async ({ failpoint, jobs, onUnknown = "retry", faults, isConsulted, ...expected }) => {
      const { status, rows, billed } = expected;
      const service = SERVICE_OF[failpoint.split(".")[0] as string] as ServiceName;
      const sweepStaleMs = service === "ingest" ? 1_000 : NEVER_MS;
      const armed = {
        failpoint: { service, name: failpoint },
        ...(faults === undefined ? {} : { faults }),
        ...(isConsulted === undefined ? {} : { llm: LLM }),
      };
      await withSystem({ ...armed, sweepStaleMs }, async (system) => {
        const submits = Array.from({ length: jobs }, (_, n) =>
          system.client.submit(`key-${n}`, { input: promptOf(n), on_unknown: onUnknown }),
        );
        await Promise.all([system.services[service].killed(), ...submits]);

        expect(fates(await expectSound(system))).toEqual(
          Array.from({ length: jobs }, () => ({ status, rows, billed })),
        );
      });
    },
  );
});

describe.concurrent("kill -9 of an invoker that waits for an answer", () => {
  it.each([
    {
      promise: "a call that was billed is an unknown, and the job is called again",
      onUnknown: "retry",
      fate: { status: "succeeded", rows: ["unknown", "settled"], billed: 2 },
    },
    {
      promise: "a call that was billed is not paid for again under on_unknown: fail",
      onUnknown: "fail",
      fate: { status: "failed", rows: ["unknown"], billed: 1 },
    },
  ])("$promise", async ({ onUnknown, fate }) => {
    await withSystem({}, async (system) => {
      const { client, services, simulator } = system;
      await client.submit("key", { input: promptOf(0), model: "held-once", on_unknown: onUnknown });
      const isHeld = async () => (await simulator.bill()).length === 1 && (await simulator.callsNow()) === 1;
      await waitFor(isHeld, { timeoutMs: 30_000, what: "a billed call that is held" });
      await services.invoker.kill();

      expect(fates(await expectSound(system))).toEqual([fate]);
    });
  });
});
