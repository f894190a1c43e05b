import { setTimeout as delay } from "node:timers/promises";
import { DEAREST_MODEL, TIGHT_TEAM } from "./harness/budgets.ts";
import type { Client } from "./harness/client.ts";
import { type Poison, poisonOf, promptOf } from "./harness/prompts.ts";
import type { ToldJob } from "./harness/told-job.ts";
import { randomOf } from "./random.ts";
import type { Scenario } from "./scenarios.ts";

/** How the load is sent. */
export interface LoadOptions {
  scenario: Pick<
    Scenario,
    "submitEveryMs" | "maxOpen" | "maxJobs" | "copies" | "cancelShare" | "poisons" | "allows"
  >;
  seed: string;
  durationMs: number;
}

/** How long after its acceptance a job is cancelled at the latest. */
const CANCEL_WITHIN_MS = 1_500;
/** Every so many jobs one would rather fail than perhaps be paid for twice. */
const PAYS_ONCE = 5;
const LOOK_EVERY_MS = 200;

/** Ids of the jobs whose prompt is poison. */
export type Poisoned = ReadonlySet<string>;

/** Submits for as long as it was told to, and waits until all of it is accepted, or refused for its budget. */
export async function sendLoad(
  client: Client,
  { scenario, seed, durationMs }: LoadOptions,
): Promise<Poisoned> {
  const random = randomOf(`load ${seed}`);
  const open = new Set<Promise<void>>();
  const poisoned = new Set<string>();
  const endsAtMs = Date.now() + durationMs;
  let isOver = false;
  const looking = lookAround(client, () => isOver);
  try {
    for (let n = 0; n < scenario.maxJobs && Date.now() < endsAtMs; n += 1) {
      const poison = poisonAt(scenario.poisons, n);
      const input = poison === null ? promptOf(n) : poisonOf(poison, n);
      const paysOnce = scenario.allows.failures && n % PAYS_ONCE === 0;
      const body = { input, on_unknown: paysOnce ? "fail" : "retry", ...countedFor(n) };
      const cancelAfterMs = random.next() < scenario.cancelShare ? random.whole(0, CANCEL_WITHIN_MS) : null;
      const key = `key-${n}`;
      const copies = Array.from({ length: scenario.copies }, () => client.offer(key, body));
      const sent = Promise.all(copies).then((answers) => {
        const job = answers.find((answer) => answer !== null);
        if (poison !== null && job !== undefined) poisoned.add(job.jobId);
        return cancelLater(client, job, cancelAfterMs);
      });
      const settled = sent.finally(() => open.delete(settled));
      open.add(settled);
      while (open.size >= scenario.maxOpen) await Promise.race(open);
      await delay(scenario.submitEveryMs);
    }
    await Promise.all(open);
  } finally {
    isOver = true;
    await looking;
  }
  return poisoned;
}

/** Teams that share money with nobody, whatever their names hold; two jobs of seven have none. */
const TEAMS = ["growth", TIGHT_TEAM, "a#b&team=c%", "", "語\n\u2028", TIGHT_TEAM, ""];

/** Jobs of the team whose budget is tight ask for the dearest model, so that four of them take all of it. */
function countedFor(n: number): { metadata: Record<string, string>; model?: string } {
  const team = TEAMS[n % TEAMS.length] as string;
  const metadata = team === "" ? { ticket: `${n}` } : { ticket: `${n}`, team };
  return team === TIGHT_TEAM ? { metadata, model: DEAREST_MODEL } : { metadata };
}

/** What the n-th job dies of, if it is one of those that do. */
function poisonAt({ oneOf, kinds }: Scenario["poisons"], n: number): Poison | null {
  if (n % oneOf !== oneOf - 1) return null;
  return kinds[Math.floor(n / oneOf) % kinds.length] ?? null;
}

async function cancelLater(client: Client, job: ToldJob | undefined, afterMs: number | null): Promise<void> {
  if (afterMs === null || job === undefined) return;
  await delay(afterMs);
  await client.cancel(job);
}

/** Reads jobs in turn while the load is sent: an end that was seen once must never change. */
async function lookAround(client: Client, isOver: () => boolean): Promise<void> {
  for (let n = 0; !isOver(); n += 1) {
    const job = client.told[n % Math.max(1, client.told.length)];
    // What cannot be answered now is on the record of requests.
    if (job !== undefined) await client.look(job).catch(() => {});
    await delay(LOOK_EVERY_MS);
  }
}
