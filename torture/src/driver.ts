import { setTimeout as delay } from "node:timers/promises";
import type { Span } from "./harness/request-log.ts";
import type { System } from "./harness/system.ts";
import { randomOf } from "./random.ts";
import type { Act, Fault } from "./schedule.ts";

/** What was done, once everything runs again. */
export interface Done {
  counts: Partial<Record<Act, number>>;
  /** When a process of the API stood still: nobody could answer in its place. */
  apiFrozen: readonly Span[];
  /** Faults that could not be carried out. */
  failures: readonly string[];
}

/** Carries a schedule out, and waits until every process is back and ready. */
export async function drive(system: System, schedule: readonly Fault[]): Promise<Done> {
  const startedAtMs = Date.now();
  const counts: Partial<Record<Act, number>> = {};
  const apiFrozen: Span[] = [];
  const failures: string[] = [];
  /** A server is brought back by whoever took it away: one fault at a time. */
  const chains = new Map<string, Promise<void>>();
  const due = schedule.map(async (fault) => {
    await delay(Math.max(0, startedAtMs + fault.atMs - Date.now()));
    counts[fault.act] = (counts[fault.act] ?? 0) + 1;
    const before = chains.get(fault.target) ?? Promise.resolve();
    const done = (isServer(fault.target) ? before : Promise.resolve()).then(async () => {
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

type Inject = (system: System, fault: Fault) => Promise<void>;

/** What can be done to a process of any service. */
const TO_A_SERVICE: Partial<Record<Act, Inject>> = {
  async kill(system, { target, forMs }) {
    serviceOf(system, target).strike(forMs);
    await delay(forMs);
  },
  async stop(system, { target, forMs }) {
    await serviceOf(system, target).dismiss(forMs);
    await delay(forMs);
  },
  freeze: (system, { target, forMs }) => serviceOf(system, target).freeze(forMs),
};

/** What can be done to each server. */
const TO_A_SERVER = {
  redis: {
    kill: ({ redis }, { forMs }) => away(redis, "SIGKILL", forMs),
    stop: ({ redis }, { forMs }) => away(redis, "SIGTERM", forMs),
    freeze: ({ redis }, { forMs }) => pause(redis, forMs),
    async wipe({ redis }, { forMs }) {
      await redis.kill("SIGKILL");
      await delay(forMs);
      await redis.wipe();
    },
    starve: ({ redis }, { forMs }) => redis.starve(forMs),
    demote: ({ redis }, { forMs }) => redis.demote(forMs),
    failover: ({ redis }, { forMs }) => redis.failOver(forMs),
  },
  dynamodb: {
    kill: ({ dynamodb }, { forMs }) => away(dynamodb, "SIGKILL", forMs),
    stop: ({ dynamodb }, { forMs }) => away(dynamodb, "SIGTERM", forMs),
    freeze: ({ dynamodb }, { forMs }) => pause(dynamodb, forMs),
    async throttle({ dynamodbWay }, { atMs, forMs }) {
      if (dynamodbWay === null) throw new Error("nothing stands between the services and DynamoDB");
      dynamodbWay.setWeather({ ...STORM, draw: randomOf(`storm ${atMs}`).next });
      await delay(forMs);
      dynamodbWay.setWeather(null);
    },
  },
  provider: {
    async refuse({ simulator }, { forMs }) {
      const before = await simulator.faults();
      await simulator.setFaults({ "500": 1 });
      await delay(forMs);
      await simulator.setFaults(before);
    },
    async shut({ providerGate }, { forMs }) {
      if (providerGate === null) throw new Error("nothing stands between the services and the provider");
      await providerGate.shut();
      await delay(forMs);
      await providerGate.open();
    },
  },
} satisfies Record<string, Partial<Record<Act, Inject>>>;

/** Three requests of ten are refused; of some more the caller never hears that they were carried out. */
const STORM = { refusedShare: 0.3, lostShare: 0.03 };

function isServer(target: string): target is keyof typeof TO_A_SERVER {
  return Object.hasOwn(TO_A_SERVER, target);
}

async function inject(system: System, fault: Fault): Promise<void> {
  const possible: Partial<Record<Act, Inject>> = isServer(fault.target)
    ? TO_A_SERVER[fault.target]
    : TO_A_SERVICE;
  const act = possible[fault.act];
  if (act === undefined) throw new Error("that cannot be done to it");
  await act(system, fault);
}

function serviceOf({ processes }: System, target: string) {
  const service = processes.find(({ name }) => name === target);
  if (service === undefined) throw new Error("there is no such target");
  return service;
}

interface Killable {
  kill: (signal: NodeJS.Signals) => Promise<void>;
}

async function away(
  server: Killable & { restart: () => Promise<void> },
  signal: NodeJS.Signals,
  forMs: number,
): Promise<void> {
  await server.kill(signal);
  await delay(forMs);
  await server.restart();
}

async function pause(server: Killable, forMs: number): Promise<void> {
  await server.kill("SIGSTOP");
  await delay(forMs);
  await server.kill("SIGCONT");
}
