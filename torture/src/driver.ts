import { setTimeout as delay } from "node:timers/promises";
import type { Span } from "./harness/request-log.ts";
import type { System } from "./harness/system.ts";
import type { Act, Fault } from "./schedule.ts";

/** What was done, once everything runs again. */
export interface Done {
  counts: Record<Act, number>;
  /** When a process of the API stood still: nobody could answer in its place. */
  apiFrozen: readonly Span[];
  /** Faults that could not be carried out. */
  failures: readonly string[];
}

/** Carries a schedule out, and waits until every process is back and ready. */
export async function drive(system: System, schedule: readonly Fault[]): Promise<Done> {
  const startedAtMs = Date.now();
  const counts: Record<Act, number> = { kill: 0, stop: 0, freeze: 0, wipe: 0 };
  const apiFrozen: Span[] = [];
  const failures: string[] = [];
  /** Redis and DynamoDB are brought back by whoever took them away: one at a time. */
  const chains = new Map<string, Promise<void>>();
  const due = schedule.map(async (fault) => {
    await delay(Math.max(0, startedAtMs + fault.atMs - Date.now()));
    counts[fault.act] += 1;
    const before = chains.get(fault.target) ?? Promise.resolve();
    const isService = system.processes.some(({ name }) => name === fault.target);
    const done = (isService ? Promise.resolve() : before).then(async () => {
      const fromMs = Date.now();
      await inject(system, fault);
      if (fault.act === "freeze" && fault.target.startsWith("ingest")) {
        apiFrozen.push({ fromMs, toMs: Date.now() });
      }
    });
    const heard = done.catch((error: unknown) => {
      failures.push(`${fault.act} ${fault.target}: ${error instanceof Error ? error.message : error}`);
    });
    chains.set(fault.target, heard);
    await heard;
  });
  await Promise.all(due);
  await Promise.all(system.processes.map((process) => process.ready()));
  return { counts, apiFrozen, failures };
}

async function inject(system: System, { act, target, forMs }: Fault): Promise<void> {
  const service = system.processes.find(({ name }) => name === target);
  if (service !== undefined) {
    if (act === "freeze") return await service.freeze(forMs);
    if (act === "stop") return await service.dismiss();
    if (act === "kill") return service.strike();
  }
  if (target === "redis") return await onRedis(system, act, forMs);
  if (target !== "dynamodb" || act === "wipe") throw new Error("there is no such target");
  if (act === "freeze") return await pause(system.dynamodb, forMs);
  await system.dynamodb.kill(act === "stop" ? "SIGTERM" : "SIGKILL");
  await delay(forMs);
  await system.dynamodb.restart();
}

async function onRedis({ redis }: System, act: Act, forMs: number): Promise<void> {
  if (act === "freeze") return await pause(redis, forMs);
  await redis.kill(act === "stop" ? "SIGTERM" : "SIGKILL");
  await delay(forMs);
  await (act === "wipe" ? redis.wipe() : redis.restart());
}

async function pause(
  server: { kill: (signal: NodeJS.Signals) => Promise<void> },
  forMs: number,
): Promise<void> {
  await server.kill("SIGSTOP");
  await delay(forMs);
  await server.kill("SIGCONT");
}
