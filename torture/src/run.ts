import { demand } from "./demands.ts";
import { drive } from "./driver.ts";
import { BUDGETS } from "./harness/budgets.ts";
import { check } from "./harness/check.ts";
import type { Problem } from "./harness/invariants.ts";
import { watchMemory } from "./harness/memory.ts";
import { gather, type System, withSystem } from "./harness/system.ts";
import { sendLoad } from "./load.ts";
import { countBudgets, countEnds, countRun, judge, type TortureResult } from "./result.ts";
import type { PlannedRun } from "./runs.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { type Fault, planFaults, writeSchedule } from "./schedule.ts";

export interface TortureOptions extends PlannedRun {
  /** Told as the run goes on. */
  say: (line: string) => void;
}

const RESTART_AFTER_MS = 200;

/** One run: a system under load and faults, the drain, and what the checker says of it. */
export async function torture(options: TortureOptions): Promise<TortureResult> {
  const scenario: Scenario = SCENARIOS[options.scenario];
  const { seed, minutes, say } = options;
  const schedule = options.schedule ?? planFaults(scenario.plan, seed, minutes * 60_000);
  say(`scenario ${options.scenario}: ${scenario.about}`);
  say(`seed ${seed}, ${minutes} minutes, ${schedule.length} faults: ${writeSchedule(schedule)}`);
  const startedAtMs = Date.now();
  const systemOptions = {
    ...{ seed, restartAfterMs: RESTART_AFTER_MS, ...scenario.provider },
    ...{ processes: scenario.processes, drainTimeoutMs: scenario.drainTimeoutMs },
    ...{ detours: scenario.detours, preloads: scenario.preloads },
    budgets: JSON.stringify(BUDGETS),
    ...(scenario.llm === null ? {} : { llm: scenario.llm }),
  };
  return await withSystem(systemOptions, async (system) => {
    const outcome = await endure(system, { ...options, scenario, schedule });
    const tookSeconds = Math.round((Date.now() - startedAtMs) / 1_000);
    return {
      ...{ scenario: options.scenario, seed, minutes, isSound: outcome.problems.length === 0, tookSeconds },
      ...outcome.told,
      invariants: judge(outcome.problems),
      problems: outcome.problems.map(({ invariant, what }) => `${invariant}: ${what}`).join("; "),
      schedule: writeSchedule(schedule),
    };
  });
}

interface Trial {
  scenario: Scenario;
  schedule: readonly Fault[];
  seed: string;
  minutes: number;
  say: (line: string) => void;
}

async function endure(system: System, { scenario, schedule, seed, minutes, say }: Trial) {
  const { client } = system;
  const memory = watchMemory(system);
  const progress = setInterval(() => say(`${client.told.length} jobs accepted`), 15_000);
  try {
    const load = sendLoad(client, { scenario, seed, durationMs: minutes * 60_000 });
    const [done, poisoned] = await Promise.all([drive(system, schedule), load]);
    say(`faults are over with ${client.told.length} jobs accepted: draining`);
    const late: Problem[] = [];
    await client.ended().catch((error: Error) => late.push({ invariant: "I1", what: error.message }));
    const evidence = await gather(system, { frozen: done.apiFrozen });
    const counts = countRun(evidence, done, system);
    await memory.look();
    const problems = [
      ...late,
      ...check(evidence),
      ...done.failures.map((what): Problem => ({ invariant: "I12", what })),
      ...demand(scenario, { evidence, counts, poisoned, system, memory: memory.uses }),
    ];
    const requests = { ...client.requests.counts };
    const told = {
      ...{ counts, acts: done.counts, ends: countEnds(evidence), budgets: countBudgets(evidence) },
      ...{ requests, memory: memory.uses },
    };
    return { problems, told };
  } finally {
    memory.stop();
    clearInterval(progress);
  }
}
