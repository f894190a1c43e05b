import type { Budget } from "@switchyard/shared/budgets";
import { BudgetBody } from "@switchyard/shared/contracts";
import { budgetOf } from "@switchyard/shared/ledger";
import { formatUsd } from "@switchyard/shared/pricing";
import { connect, openBudgetAccounts } from "@switchyard/shared/queues";
import { waitFor } from "@switchyard/testkit";
import {
  type Client,
  type Evidence,
  expectSound,
  promptOf,
  QUEUE_PREFIX,
  SERVICES,
  withSystem,
} from "@switchyard/torture";
import { expect, it } from "vitest";

/** Every other way in which a call may end, by the share of calls: refused, slowed down, broken off, and out of time. */
const FAULTS = "400=0.04,429=0.03,500=0.03,reset=0.03,truncated=0.03,hang=0.01";
const JOBS = 1_000;
const CALLERS = 40;
/** Few enough that a team can pay for all of its jobs, and more than its budget has room for at once. */
const JOBS_OF_A_TEAM = 80;
const LONGEST_ANSWER_TOKENS = 1_000;
/** The dearest model takes 15 USD per million tokens of an answer, and 3 for those of a prompt, of which there are fewer than 200. */
const CEILING = BigInt(LONGEST_ANSWER_TOKENS) * 15_000_000n + 200n * 3_000_000n;
/** Room for 20 such jobs at once. */
const TEAM_LIMIT = 20n * CEILING;

const teamOf = (n: number) => `team-${Math.floor(n / JOBS_OF_A_TEAM)}`;
const TEAMS = [...new Set(Array.from({ length: JOBS }, (_, n) => teamOf(n)))];
const BODIES: Record<string, Omit<BudgetBody, "hard_stop">> = {
  month: { tenant: "tenant", window: "month", limit_usd: "1000000" },
  day: { tenant: "tenant", window: "day", time_zone: "Europe/Berlin", limit_usd: "1000000" },
  ...Object.fromEntries(
    TEAMS.map((team) => [
      team,
      { tag: { name: "team", value: team }, window: "month", limit_usd: formatUsd(TEAM_LIMIT) } as const,
    ]),
  ),
};
const BUDGETS = Object.entries(BODIES).map(([id, body]) => budgetOf(id, BudgetBody.parse(body), "file"));

/** What calls of a team's jobs, or of all, cost or may have cost. */
function spentIn({ attempts, told }: Evidence, team?: string): bigint {
  const counted = new Set(
    told.filter((job) => team === undefined || job.team === team).map((job) => job.jobId),
  );
  return attempts
    .filter(({ state, jobId }) => state !== "void" && counted.has(jobId))
    .reduce((sum, { costPicoUsd, maxCostPicoUsd }) => sum + (costPicoUsd ?? maxCostPicoUsd), 0n);
}

/** Looks at all accounts every two milliseconds, beside whatever processes are alive. */
async function watchAccounts(redisUrl: string) {
  const redis = connect(redisUrl, "producer");
  await waitFor(() => redis.status === "ready");
  const accounts = openBudgetAccounts(redis, QUEUE_PREFIX);
  const read = () => accounts.read(BUDGETS, Date.now());
  const passed: string[] = [];
  let isOver = false;
  let samples = 0;
  let closest = 0n;
  const watching = (async () => {
    while (!isOver) {
      for (const [index, { spentPicoUsd, reservedPicoUsd, isBuilt }] of (await read()).entries()) {
        const { id, limitPicoUsd, subject } = BUDGETS[index] as Budget;
        if (!isBuilt) continue;
        const used = spentPicoUsd + reservedPicoUsd;
        if (used > limitPicoUsd) passed.push(`${id}: ${spentPicoUsd} + ${reservedPicoUsd}`);
        if (subject.tag !== undefined && used > closest) closest = used;
        samples += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  return {
    read,
    async stop() {
      isOver = true;
      await watching;
      redis.disconnect();
      return { passed, samples, closest };
    },
  };
}

/** Submits a job until there is room for it. Answers how often there was none. */
async function insisting(client: Client, n: number): Promise<number> {
  let refusals = 0;
  for (let key = 1; ; key += 1) {
    // A job that may only take that long is one whose deadline may pass while there is no room for it.
    const deadline = n % 25 === 1 ? { deadline: new Date(Date.now() + 1_500).toISOString() } : {};
    const body = {
      ...{ input: promptOf(n), max_output_tokens: LONGEST_ANSWER_TOKENS, metadata: { team: teamOf(n) } },
      ...deadline,
    };
    const answered = async () => {
      const { status } = await client.post(`key-${n}-${key}`, body).catch(() => ({ status: 503 }));
      if (status === 429) refusals += 1;
      return status === 429 || status >= 500 ? null : status;
    };
    const status = await waitFor(answered, {
      timeoutMs: 120_000,
      intervalMs: 250,
      what: `room for job ${n}`,
    });
    if (status !== 202) continue;
    const job = await client.submit(`key-${n}-${key}`, body);
    if (n % 10 === 0) await client.cancel(job);
    return refusals;
  }
}

/** Of what is left a job may take all, and no more. Answers how it is told of one pico-dollar too much, and of the rest. */
async function askForTheRest(client: Client, team: string, leftPicoUsd: bigint): Promise<number[]> {
  const statuses: number[] = [];
  for (const picoUsd of [leftPicoUsd + 1n, leftPicoUsd]) {
    const limits = { max_output_tokens: 32_000, max_cost_usd: formatUsd(picoUsd) };
    const body = { input: "x", model: "sim-large", ...limits, metadata: { team } };
    statuses.push((await client.post(`rest-${team}-${picoUsd}`, body)).status);
  }
  return statuses;
}

it("reserves nothing any more after 1,000 mixed endings, and has spent what the rows say, to the last place", async () => {
  const budgets = JSON.stringify(BODIES);
  await withSystem(
    { faults: FAULTS, latencyScale: 0.05, budgets },
    async ({ client, services, ...system }) => {
      const watch = await watchAccounts(system.redis.url);
      const isBuilt = async () => (await watch.read()).every((standing) => standing.isBuilt);
      await waitFor(isBuilt, { timeoutMs: 60_000, what: "accounts that are built" });
      const kills = SERVICES.map(async (name, index) => {
        const accepted = 150 + index * 200;
        await waitFor(() => client.told.length >= accepted, { timeoutMs: 300_000, what: `${accepted} jobs` });
        await services[name].kill();
      });
      let refusals = 0;
      const callers = Array.from({ length: CALLERS }, async (_, caller) => {
        for (let n = caller; n < JOBS; n += CALLERS) refusals += await insisting(client, n);
      });
      await Promise.all([...kills, ...callers]);
      const evidence = await expectSound({ client, services, ...system });

      const ends = new Map<string, number>();
      for (const { status } of evidence.jobs) ends.set(status, (ends.get(status) ?? 0) + 1);
      expect(evidence.jobs).toHaveLength(JOBS);
      expect([...ends.keys()].sort()).toEqual(expect.arrayContaining(["cancelled", "failed", "succeeded"]));
      const isFree = async () => (await watch.read()).every(({ reservedPicoUsd }) => reservedPicoUsd === 0n);
      await waitFor(isFree, { timeoutMs: 90_000, what: "reservations that are all released" });
      const spent = Object.fromEntries(
        (await watch.read()).map((at, n) => [BUDGETS[n]?.id, at.spentPicoUsd]),
      );
      const all = spentIn(evidence);
      const ofTeams = TEAMS.map((team) => [team, spentIn(evidence, team)]);
      expect(spent).toEqual({ month: all, day: all, ...Object.fromEntries(ofTeams) });

      const { passed, samples, closest } = await watch.stop();
      expect(passed).toEqual([]);
      expect(samples).toBeGreaterThan(1_000);
      // The limits were in the way, so that it is they which kept it from passing them.
      expect(refusals).toBeGreaterThan(0);
      expect(closest).toBeGreaterThan(TEAM_LIMIT - CEILING);
      const answers = TEAMS.map((team) => askForTheRest(client, team, TEAM_LIMIT - (spent[team] ?? 0n)));
      expect(await Promise.all(answers)).toEqual(TEAMS.map(() => [429, 202]));
    },
  );
}, 600_000);
