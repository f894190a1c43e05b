import { parseUsd } from "@switchyard/shared/pricing";
import { waitFor } from "@switchyard/testkit";
import {
  type Client,
  type Evidence,
  expectSound,
  promptOf,
  SERVICES,
  type ServiceName,
  withSystem,
} from "@switchyard/torture";
import { describe, expect, it } from "vitest";

/** Every other way in which a call may end, by the share of calls: refused, slowed down, broken off, and out of time. */
const FAULTS = "400=0.04,429=0.03,500=0.03,reset=0.03,truncated=0.03,hang=0.01";
const JOBS = 1_000;
const CALLERS = 16;
const LIMIT = 10n ** 18n;
const BUDGETS = JSON.stringify({
  month: { tenant: "tenant", window: "month", limit_usd: "1000000" },
  week: { tenant: "tenant", window: "week", time_zone: "Europe/Berlin", limit_usd: "1000000" },
});

interface Shown {
  spent_usd: string | null;
  reserved_usd: string | null;
  state: "ready" | "building";
}

/** What calls cost, or may have cost. */
function spentIn({ attempts }: Evidence): bigint {
  return attempts
    .filter(({ state }) => state !== "void")
    .reduce((sum, { costPicoUsd, maxCostPicoUsd }) => sum + (costPicoUsd ?? maxCostPicoUsd), 0n);
}

async function shown(client: Client): Promise<Shown[]> {
  return (await client.read<{ data: Shown[] }>("/v1/budgets")).data;
}

function built(client: Client): Promise<unknown> {
  const isBuilt = async () => (await shown(client)).every(({ state }) => state === "ready");
  return waitFor(isBuilt, { timeoutMs: 60_000, what: "accounts that are built" });
}

/** Nothing is reserved any more, and what was spent is what the rows say, to the last place. */
async function expectSettled(client: Client, evidence: Evidence): Promise<void> {
  const isFree = async () => (await shown(client)).every(({ reserved_usd }) => reserved_usd === "0");
  await waitFor(isFree, { timeoutMs: 90_000, what: "reservations that are all released" });
  const spent = (await shown(client)).map(({ spent_usd }) => parseUsd(spent_usd ?? "-1"));
  expect(spent).toEqual([spentIn(evidence), spentIn(evidence)]);
}

describe.concurrent("kill -9 at", { timeout: 400_000 }, () => {
  it.each<{ service: ServiceName; name: string; jobs: number }>([
    { service: "ingest", name: "ingest.afterReserve", jobs: 6 },
    { service: "classifier", name: "classify.afterWrite", jobs: 6 },
    { service: "invoker", name: "invoke.afterCover", jobs: 2 },
    { service: "invoker", name: "invoke.afterAnswer", jobs: 2 },
    { service: "cost", name: "settle.afterTotals", jobs: 6 },
    { service: "cost", name: "settle.afterEnd", jobs: 6 },
  ])(
    "$name leaves nothing reserved, and what was spent is what the rows say",
    async ({ jobs, ...failpoint }) => {
      await withSystem({ failpoint, budgets: BUDGETS }, async (system) => {
        const { client, services } = system;
        await built(client);
        const submits = Array.from({ length: jobs }, (_, n) =>
          client.submit(`key-${n}`, { input: promptOf(n) }),
        );
        await Promise.all([services[failpoint.service].killed(), ...submits]);
        await expectSettled(client, await expectSound(system));
      });
    },
  );
});

it("reserves nothing any more after 1,000 mixed endings, and has spent what the rows say, to the last place", async () => {
  await withSystem({ faults: FAULTS, latencyScale: 0.05, budgets: BUDGETS }, async (system) => {
    const { client, services } = system;
    await built(client);
    let isOver = false;
    const watching = (async () => {
      let most = 0n;
      while (!isOver) {
        for (const { spent_usd, reserved_usd } of await shown(client)) {
          const used = parseUsd(spent_usd ?? "0") + parseUsd(reserved_usd ?? "0");
          if (used > most) most = used;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return most;
    })();
    const kills = SERVICES.map(async (name, index) => {
      const accepted = 150 + index * 200;
      await waitFor(() => client.told.length >= accepted, { timeoutMs: 100_000, what: `${accepted} jobs` });
      await services[name].kill();
    });
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      for (let n = caller; n < JOBS; n += CALLERS) {
        const deadline = n % 25 === 1 ? { deadline: new Date(Date.now() + 1_500).toISOString() } : {};
        const job = await client.submit(`key-${n}`, { input: promptOf(n), ...deadline });
        if (n % 10 === 0) await client.cancel(job);
      }
    });
    await Promise.all([...kills, ...callers]);
    const evidence = await expectSound(system);
    isOver = true;
    const most = await watching;

    const ends = new Map<string, number>();
    for (const { status } of evidence.jobs) ends.set(status, (ends.get(status) ?? 0) + 1);
    expect(evidence.jobs).toHaveLength(JOBS);
    expect([...ends.keys()].sort()).toEqual(expect.arrayContaining(["cancelled", "failed", "succeeded"]));
    await expectSettled(client, evidence);
    expect(most).toBeLessThanOrEqual(LIMIT);
  });
}, 400_000);
