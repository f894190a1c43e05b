import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningRedis, startDynamodbProcess, startRedis, waitFor } from "@switchyard/testkit";
import { check } from "./check.ts";
import { type Client, openClient } from "./client.ts";
import { scanTable } from "./dynamodb-scan.ts";
import { API_KEY, environmentOf, QUEUE_PREFIX, TABLE } from "./environment.ts";
import { type Evidence, readItems } from "./evidence.ts";
import { queueKeys } from "./queue-keys.ts";
import { type SimulatorProcess, startSimulatorProcess } from "./simulator.ts";
import { steadyPort } from "./steady-port.ts";
import { type Supervised, supervise } from "./supervised.ts";

export const SERVICES = ["ingest", "classifier", "invoker", "cost"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** A whole Switchyard: every service a process, Redis, the emulated DynamoDB and the provider as well. */
export interface System {
  services: Readonly<Record<ServiceName, Supervised>>;
  redis: RunningRedis;
  simulator: SimulatorProcess;
  dynamodbUrl: string;
  client: Client;
}

export interface SystemOptions {
  /** Armed in the first process of one service. */
  failpoint?: { service: ServiceName; name: string };
  /** A mix of faults for the simulated provider, such as `429=0.06`. */
  faults?: string;
  latencyScale?: number;
  /** How long a job stands still before the sweeper helps; 1 s unless given. */
  sweepStaleMs?: number;
}

const DRAINED_MS = 60_000;

type Close = () => Promise<unknown>;

/** Runs a test on a system of its own, and tells with a failure what the system warned of. */
export async function withSystem(
  options: SystemOptions,
  test: (system: System) => Promise<void>,
): Promise<void> {
  const closers: Close[] = [];
  try {
    const system = await start(options, closers);
    await test(system).catch((error: unknown) => {
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
  const { client, redis, simulator, services } = system;
  await client.ended();
  const left = () => queueKeys(redis.url, QUEUE_PREFIX);
  // What is left even then is told together with everything else that is wrong.
  await waitFor(async () => (await left()).length === 0, { timeoutMs: DRAINED_MS, intervalMs: 200 }).catch(
    () => {},
  );
  const evidence = {
    told: client.told,
    ...readItems(await scanTable(system.dynamodbUrl, TABLE)),
    bill: await simulator.bill(),
    jobsWithCallsAtOnce: await simulator.jobsWithCallsAtOnce(),
    queueKeys: await left(),
    strayDeaths: Object.values(services).flatMap(strayDeaths),
  };
  const problems = check(evidence);
  if (problems.length > 0) throw new Error(`Promises broken:\n${problems.join("\n")}`);
  return evidence;
}

async function start(options: SystemOptions, closers: Close[]): Promise<System> {
  /** What is still starting when another part fails is stopped, too. */
  const opened = <Part extends { stop: Close }>(part: Promise<Part>): Promise<Part> => {
    closers.push(() => part.then((running) => running.stop()).catch(() => {}));
    return part;
  };
  const dir = await mkdtemp(join(tmpdir(), "switchyard-crash-"));
  closers.push(() => rm(dir, { recursive: true, force: true }));
  const { faults = "", latencyScale = 0.2, sweepStaleMs = 1_000 } = options;
  const billFile = join(dir, "bill.jsonl");
  const [port, redisPort] = [await steadyPort(), await steadyPort()];
  const [redis, dynamodb, simulator] = await Promise.all([
    opened(startRedis({ appendonly: true, port: redisPort })),
    opened(startDynamodbProcess()),
    opened(startSimulatorProcess({ billFile, faults, latencyScale })),
  ]);
  const addresses = { REDIS_URL: redis.url, DYNAMODB_ENDPOINT: dynamodb.url, SIMULATOR_URL: simulator.url };
  const env = environmentOf({ ...addresses, PORT: String(port) }, { sweepStaleMs });
  const started = SERVICES.map(async (name) => {
    const failpoints = options.failpoint?.service === name ? `${options.failpoint.name}=kill` : undefined;
    const entry = new URL(`../../services/${name}/src/main.ts`, import.meta.url);
    return [name, await opened(supervise({ name, entry, env, failpoints }))] as const;
  });
  const services = Object.fromEntries(await Promise.all(started)) as Record<ServiceName, Supervised>;
  const client = openClient(`http://127.0.0.1:${port}`, API_KEY);
  return { services, redis, simulator, dynamodbUrl: dynamodb.url, client };
}

/** The only way a service may die in these tests is the one that the test chose. */
function strayDeaths({ name, deaths }: Supervised): string[] {
  return deaths.filter((death) => death !== "SIGKILL").map((death) => `${name} ended with ${death}`);
}

function warningsOf({ services }: System): string {
  const isWarning = (line: string) => !/"level":(10|20|30),/.test(line);
  const tails = SERVICES.map((name) => services[name].logs().filter(isWarning).slice(-15).join("\n"));
  return tails.filter((tail) => tail !== "").join("\n");
}
