import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "@switchyard/testkit";
import { promptOf } from "../src/harness/prompts.ts";
import type { System } from "../src/harness/system.ts";
import type { Sabotage } from "./sabotaged.ts";
import { ACCOUNTING } from "./sabotages-of-accounting.ts";
import { BUDGETING } from "./sabotages-of-budgets.ts";

/** Longer than a request may take. */
const OUTAGE_MS = 8_000;
/** Nothing but the queue jobs themselves brings a job on within the test. */
const NO_SWEEPER_MS = 60_000;

/** Submitted while Redis is away. */
async function submitWithoutRedis({ client, redis }: System): Promise<void> {
  await redis.kill("SIGKILL");
  const submits = [0, 1, 2].map((n) => client.submit(`away-${n}`, { input: promptOf(n) }));
  await delay(OUTAGE_MS);
  await redis.restart();
  await Promise.all(submits);
}

/** Every queue job and every lock is gone while calls are on the wire. */
async function wipeDuringCalls({ redis, simulator }: System): Promise<void> {
  await waitFor(async () => (await simulator.callsNow()) > 0, { what: "a call on the wire" });
  await redis.wipe();
}

/** Mistakes that lose a job, make two of it, pay for it twice or keep its caller waiting. */
const DELIVERY: readonly Sabotage[] = [
  {
    letter: "S-c",
    name: "attempts numbered at random: whoever comes next does not find the call's row",
    edits: [
      {
        file: "services/invoker/src/make-call.ts",
        line: "    n: job.attempts,\n",
        becomes: "    n: 10_000 + Number.parseInt(randomUUID().slice(0, 6), 16),\n",
      },
    ],
    breaks: "I6",
    says: /has two settled calls/,
    strandsJobs: true,
    system: {},
  },
  {
    letter: "S-e",
    name: "nothing remembers that a call is settled when its queue job comes again",
    edits: [{ file: "services/invoker/src/next-step.ts", line: " || isPaid(view);", becomes: ";" }],
    breaks: "I6",
    says: /has two settled calls/,
    system: {
      failpoint: { service: "invoker", name: "invoke.afterSettle" },
      sweepStaleMs: NO_SWEEPER_MS,
    },
  },
  {
    letter: "S-f",
    name: "job ids that do not follow from the idempotency key",
    edits: [
      {
        file: "services/ingest/src/job-id.ts",
        line: '  return jobIdOf(createHmac("sha256", secret).update(text).digest());\n',
        becomes: "  return randomJobId();\n",
      },
    ],
    breaks: "I7",
    says: /^key-0 is job_.* and job_/,
    system: {},
    afterwards: async ({ client }) => {
      await client.submit("key-0", { input: promptOf(0) });
    },
  },
  {
    letter: "S-g",
    name: "a job that a stage gave up, and settle is not told why",
    edits: [
      {
        file: "packages/shared/src/service/write-off.ts",
        line: "if (job.failure === undefined) {",
        becomes: "if (Number.isNaN(job.version)) {",
      },
    ],
    breaks: "I1",
    says: /was accepted and is still/,
    strandsJobs: true,
    system: { faults: "400=0.3" },
  },
  {
    letter: "S-h",
    name: "an API that waits for Redis as long as its client library likes",
    edits: [
      {
        file: "packages/shared/src/queues/connection.ts",
        line: 'role === "producer" ? PRODUCER : WORKER',
        becomes: 'role === "producer" ? {} : WORKER',
      },
      {
        file: "services/ingest/src/summon-in-time.ts",
        line: "await inTime(summoned, timeoutMs, signal).catch(warn);",
        becomes: "await summoned.catch(warn);",
      },
    ],
    breaks: "I14",
    says: /^POST \/v1\/jobs took \d+ ms/,
    system: {},
    afterwards: submitWithoutRedis,
  },
  {
    letter: "S-i",
    name: "a sweeper that does not wait for the lease of an open call",
    edits: [
      {
        file: "services/cost/src/sweep.ts",
        line: "open === undefined || open.leaseUntil + LEASE_GRACE_MS > nowMs",
        becomes: "open === undefined",
      },
    ],
    breaks: "I6",
    says: /had two calls in flight at once/,
    // The first call of each is never answered, and they leave slots for a second one.
    ...{ jobs: 4, body: { model: "held-once" } },
    system: {},
    afterwards: wipeDuringCalls,
  },
  {
    letter: "S-l",
    name: "no sweeper after a wiped Redis",
    edits: [
      {
        file: "services/cost/src/sweeper.ts",
        line: "await sweepRound(options, restorer)",
        becomes: "(void sweepRound, { isMoreDue: false })",
      },
    ],
    breaks: "I1",
    says: /was accepted and is still/,
    strandsJobs: true,
    system: {},
    // One is accepted while Redis is away: nobody else will ever summon it.
    async afterwards({ redis, client }) {
      await redis.kill("SIGKILL");
      await client.submit("unsummoned", { input: promptOf(1) });
      await redis.wipe();
    },
  },
];

export const SABOTAGES: readonly Sabotage[] = [...ACCOUNTING, ...DELIVERY, ...BUDGETING].toSorted((a, b) =>
  a.letter.localeCompare(b.letter),
);
