import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@switchyard/testkit";
import { type BudgetWatch, watchBudgets } from "./budget-watch.ts";
import type { BudgetWish } from "./budgets.ts";
import { check } from "./check.ts";
import { type Client, openClient } from "./client.ts";
import { scanTable } from "./dynamodb-scan.ts";
import {
  API_KEY,
  type CatalogueChange,
  changedCatalogue,
  environmentOf,
  QUEUE_PREFIX,
  TABLE,
} from "./environment.ts";
import { type Evidence, readItems } from "./evidence.ts";
import { findLeaks } from "./leaks.ts";
import { queueKeys } from "./queue-keys.ts";
import type { Span } from "./request-log.ts";
import { type Detour, type Servers, startServers } from "./servers.ts";
import { steadyPort } from "./steady-port.ts";
import { type Supervised, supervise } from "./supervised.ts";

export const SERVICES = ["ingest", "classifier", "invoker", "cost"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** A whole Switchyard: every service a process, Redis, the emulated DynamoDB and the provider as well. */
export interface System extends Servers {
  /** The first process of each service. */
  services: Readonly<Record<ServiceName, Supervised>>;
  /** Every process of every service: `invoker`, `invoker-2` and so on. */
  processes: readonly Supervised[];
  client: Client;
  budgets: BudgetWatch;
}

export interface SystemOptions extends CatalogueChange {
  /** Armed in the first process of one service. */
  failpoint?: { service: ServiceName; name: string };
  /** A mix of faults for the simulated provider, such as `429=0.06`. */
  faults?: string;
  latencyScale?: number;
  /** How long a job stands still before the sweeper helps; 1 s unless given. */
  sweepStaleMs?: number;
  /** How long a process that is asked to leave may take; 2 s unless given. */
  drainTimeoutMs?: number;
  /** Processes of each service; one unless given. */
  processes?: Partial<Record<ServiceName, number>>;
  restartAfterMs?: number;
  /** What is put between the services and their servers. */
  detours?: readonly Detour[];
  /** By process: what it is made to load first. */
  preloads?: Readonly<Record<string, Preload>>;
  /** Seeds the simulated provider. */
  seed?: string;
  /** The folder that holds `services`; this repository unless given. */
  sources?: URL;
  /** Settings of every service, over those of the harness. */
  env?: Readonly<Record<string, string>>;
}

/** A module of `preloads/`, and what it is told. */
export interface Preload {
  module: "skewed-clock" | "poison";
  with: Readonly<Record<string, string | number>>;
}

/** A test runs on a machine that may be slow all the time: how long a request takes is for the fault runs to judge. */
const AT_ANY_TIME: Span = { fromMs: 0, toMs: Number.POSITIVE_INFINITY };
const DRAINED_MS = 60_000;
/** A reservation that nobody ends is looked at after a minute. */
const RELEASED_MS = 90_000;
const REPOSITORY = new URL("../../../", import.meta.url);

type Close = () => Promise<unknown>;

/** Runs a test on a system of its own, and tells with a failure what the system warned of. */
export async function withSystem<Value>(
  options: SystemOptions,
  test: (system: System) => Promise<Value>,
): Promise<Value> {
  const closers: Close[] = [];
  try {
    const system = await start(options, closers);
    return await test(system).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${message}\n\n${warningsOf(system)}`, { cause: error });
    });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/**
 * Waits until every accepted job has ended and the queues are empty, and fails with every disagreement of what is
 * then there. Answers the evidence, for what a test wants to know besides.
 */
export async function expectSound(system: System): Promise<Evidence> {
  await system.client.ended();
  const evidence = await gather(system, { frozen: [AT_ANY_TIME] });
  const problems = check(evidence);
  if (problems.length > 0) {
    throw new Error(`Promises broken:\n${problems.map(({ what }) => what).join("\n")}`);
  }
  return evidence;
}

interface GatherOptions {
  /** When the API could not answer because it was frozen. */
  frozen?: readonly Span[];
  /** How long the queues may take to become empty, a minute unless given, and budgets to hold nothing. */
  drainedMs?: number;
}

/** What there is once the queues are empty; what is left in them even then is part of it. */
export async function gather(system: System, { frozen = [], drainedMs }: GatherOptions): Promise<Evidence> {
  const { client, redis, simulator, processes, dynamodb, budgets } = system;
  const left = () => queueKeys(redis.url, QUEUE_PREFIX);
  // What is left even then is told together with everything else that is wrong.
  const drained = { timeoutMs: drainedMs ?? DRAINED_MS, intervalMs: 200 };
  await waitFor(async () => (await left()).length === 0, drained).catch(() => {});
  await budgets.released(drainedMs ?? RELEASED_MS);
  await budgets.rebuilt(drainedMs ?? DRAINED_MS);
  return {
    told: client.told,
    ...readItems(await scanTable(dynamodb.url, TABLE)),
    bill: await simulator.bill(),
    jobsWithCallsAtOnce: await simulator.jobsWithCallsAtOnce(),
    budgets: budgets.budgets,
    ...{ forgottenBytes: redis.forgottenBytes, successions: redis.successions },
    queueKeys: await left(),
    strayDeaths: processes.flatMap(({ name, strayDeaths }) =>
      strayDeaths.map((death) => `${name} ended with ${death}`),
    ),
    leaks: await findLeaks(processes, redis.folders),
    callerProblems: [...client.problems, ...client.requests.problems(frozen)],
  };
}

async function start(options: SystemOptions, closers: Close[]): Promise<System> {
  /** What is still starting when another part fails is stopped, too. */
  const opened = <Part extends { stop: Close }>(part: Promise<Part>): Promise<Part> => {
    closers.push(() => part.then((running) => running.stop()).catch(() => {}));
    return part;
  };
  const dir = await mkdtemp(join(tmpdir(), "switchyard-crash-"));
  closers.push(() => rm(dir, { recursive: true, force: true }));
  const { faults = "", latencyScale = 0.2, detours = [], seed = "crash tests" } = options;
  const servers = await startServers({ dir, detours, provider: { faults, latencyScale, seed } }, opened);
  const { sweepStaleMs = 1_000, drainTimeoutMs = 2_000 } = options;
  const times = { sweepStaleMs, drainTimeoutMs };
  const changed = await changedCatalogue(options, dir);
  const env = { ...environmentOf(servers.addresses, times), ...changed, ...options.env };
  const urls: string[] = [];
  const started = SERVICES.flatMap((service) =>
    Array.from({ length: options.processes?.[service] ?? 1 }, async (_, index) => {
      const name = index === 0 ? service : `${service}-${index + 1}`;
      const port = String(await steadyPort());
      if (service === "ingest") urls.push(`http://127.0.0.1:${port}`);
      const isArmed = index === 0 && options.failpoint?.service === service;
      return await opened(
        supervise({
          name,
          entry: new URL(`services/${service}/src/main.ts`, options.sources ?? REPOSITORY),
          env: { ...env, PORT: port, ...preloaded(options.preloads?.[name]) },
          failpoints: isArmed ? `${options.failpoint?.name}=kill` : undefined,
          restartAfterMs: options.restartAfterMs,
        }),
      );
    }),
  );
  const processes = await Promise.all(started);
  const first = SERVICES.map((name) => [name, processes.find((process) => process.name === name)]);
  const services = Object.fromEntries(first) as Record<ServiceName, Supervised>;
  const wishes = JSON.parse(options.budgets ?? "{}") as Record<string, BudgetWish>;
  const budgets = watchBudgets({ url: servers.redis.url, prefix: QUEUE_PREFIX }, wishes);
  closers.push(() => budgets.stop());
  await budgets.built();
  return { services, processes, ...servers, client: openClient(urls, API_KEY), budgets };
}

/** Has Node read a module before anything of the service: the service itself knows nothing of it. */
function preloaded(preload: Preload | undefined): Record<string, string> {
  if (preload === undefined) return {};
  const url = new URL(`./preloads/${preload.module}.ts`, import.meta.url);
  for (const [name, value] of Object.entries(preload.with)) url.searchParams.set(name, String(value));
  return { NODE_OPTIONS: `--import ${url.href}` };
}

/** By process: how it fared, its last warnings, and the last it said. */
function warningsOf({ processes }: System): string {
  const isWarning = (line: string) => !/"level":(10|20|30),/.test(line);
  const tails = processes.map((process) => {
    const lines = process.logs();
    const state = process.operationsUrl() === null ? "not ready" : "ready";
    const head = `${process.name}: ${state}, deaths: ${process.deaths.slice(-10).join(", ") || "none"}`;
    return [head, ...lines.filter(isWarning).slice(-15), ...lines.slice(-2)].join("\n");
  });
  return tails.join("\n");
}
