import { readFileSync } from "node:fs";
import { bringDynamodb, bringRedis, bringSimulator, type FoundRedis } from "./backing.ts";
import type { Belongings } from "./belongings.ts";
import { clearQueues } from "./clear-queues.ts";
import type { Flags } from "./flags.ts";
import { apiPort, FIRST_OPS_PORT, freePortsFrom } from "./ports.ts";
import { type ProviderPlan, planProviders } from "./provider-plan.ts";
import { openRunFolder, type RunFolder } from "./run-folder.ts";
import { type LocalSecrets, localSecrets } from "./secrets.ts";
import { credentialsFor, needsEmulator, serviceEnvironment } from "./service-environment.ts";
import { startApart } from "./services/apart.ts";
import type { Child } from "./services/child.ts";
import { type RunningServices, SERVICES, type ServiceName } from "./services/running-services.ts";
import { openHost, startTogether } from "./services/together.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface StartOptions {
  flags: Flags;
  environment: Environment;
  workingDir: string;
  belongings: Belongings;
  /** Told what differs from what was expected, in one line each. */
  onNotice: (text: string) => void;
  /** Called when the services have stopped and the ledger is still there. */
  onServicesStopped: (system: SystemFacts) => Promise<void>;
}

/** What is known before the services start. */
export interface SystemFacts {
  plan: ProviderPlan;
  secrets: LocalSecrets;
  redis: FoundRedis;
  emulatorUrl: string | null;
  /** What the services were given. */
  environment: Environment;
  apiUrl: string;
  opsPorts: Readonly<Record<ServiceName, number>>;
}

/** The whole system, ready. */
export interface RunningSystem extends SystemFacts, RunningServices {}

/** A search on PATH takes no time; a second means that a package or an image is being fetched. */
const REDIS_NOTICE_MS = 1_500;

/**
 * Brings up what the services stand on and then the services. What was started is in `belongings`, also when this
 * fails.
 * @throws StartFailure, RedisNotFound or SwitchyardError, each saying what to do.
 */
export async function startSystem(options: StartOptions): Promise<RunningSystem> {
  const { flags, belongings } = options;
  const plan = planProviders(options.environment, flags.isLive);
  const { port, moved } = await apiPort(flags.port);
  if (moved !== null) options.onNotice(moved);
  const folder = openRunFolder(flags.dataDir, options.workingDir);
  belongings.add({ name: "the run's folder", stop: folder.release, abandon: folder.release });
  const source = { environment: plan.environment, readFile: (path: string) => readFileSync(path, "utf8") };
  const secrets = localSecrets(source, folder.secretsFile);
  const host = flags.isApart ? null : earlyHost(options, plan, folder);
  const backing = await bringBacking(options, plan, folder);
  const environment = serviceEnvironment({
    environment: plan.environment,
    redisUrl: backing.redis.url,
    emulatorUrl: backing.emulatorUrl,
    simulatorUrl: backing.simulatorUrl,
    apiPort: port,
    secrets,
    isRedisOurs: backing.redis.isOurs,
    needsAwsCredentials: needsAwsCredentials(plan),
  });
  const opsPorts = await chooseOpsPorts();
  const facts = { ...backing, plan, secrets, environment, opsPorts, apiUrl: `http://127.0.0.1:${port}` };
  const ownPrefix = environment["QUEUE_PREFIX"];
  if (usesOwnQueues(plan, backing.redis, flags) && ownPrefix !== undefined) {
    belongings.add({ name: "the queues", stop: () => clearQueues(backing.redis.url, ownPrefix) });
  }
  belongings.add({ name: "the totals", stop: () => options.onServicesStopped(facts) });
  const services = await startServices(options, folder, { host, environment, opsPorts });
  return { ...facts, ...services };
}

interface Host {
  child: Child;
  logFile: string;
}

/** Its code takes as long to load as everything else to start, so both happen at once. */
function earlyHost({ belongings }: StartOptions, plan: ProviderPlan, folder: RunFolder): Host {
  const logFile = folder.logFile("services");
  const credentials = credentialsFor(plan.environment, needsAwsCredentials(plan));
  const child = openHost({ ...plan.environment, ...credentials }, logFile);
  belongings.add(child);
  return { child, logFile };
}

async function startServices(
  { belongings }: StartOptions,
  folder: RunFolder,
  given: { host: Host | null } & Pick<SystemFacts, "environment" | "opsPorts">,
): Promise<RunningServices> {
  const { host, ...options } = given;
  if (host === null) {
    return startApart({ ...options, logFile: folder.logFile, onChild: belongings.add });
  }
  // For the second time: it must end before what it stands on, though it was there first.
  belongings.add(host.child);
  return startTogether(host.child, host.logFile, options);
}

async function bringBacking(options: StartOptions, plan: ProviderPlan, folder: RunFolder) {
  const { flags, belongings, onNotice } = options;
  const { environment } = plan;
  const source = { environment, readFile: (path: string) => readFileSync(path, "utf8") };
  const backing = { belongings, folder, environment, isApart: flags.isApart };
  const notice = setTimeout(
    () => onNotice("still looking for a Redis: where none is installed, it is fetched once"),
    REDIS_NOTICE_MS,
  );
  // All are waited for, also when one fails: what is still starting could not be stopped.
  const [redis, dynamodb, simulator] = await Promise.allSettled([
    bringRedis(backing, source, flags.dataDir !== null).finally(() => clearTimeout(notice)),
    needsEmulator(environment) ? bringDynamodb(backing) : null,
    plan.usesSimulator ? bringSimulator(backing) : null,
  ]);
  return {
    redis: outcomeOf(redis),
    emulatorUrl: outcomeOf(dynamodb),
    simulatorUrl: outcomeOf(simulator),
  };
}

function outcomeOf<T>(outcome: PromiseSettledResult<T>): T {
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

function needsAwsCredentials({ catalogue, environment }: ProviderPlan): boolean {
  const callsAws = [...catalogue.providers.values()].some(
    ({ kind, isActive, baseUrl }) => kind === "bedrock" && isActive && baseUrl === null,
  );
  return callsAws || (!needsEmulator(environment) && !environment["DYNAMODB_ENDPOINT"]?.trim());
}

/** Queues in the Redis of others, of a ledger that ends with the run, under a prefix that we have made up. */
function usesOwnQueues({ environment }: ProviderPlan, redis: FoundRedis, { dataDir }: Flags): boolean {
  const isPrefixGiven = (environment["QUEUE_PREFIX"] ?? "").trim() !== "";
  return !redis.isOurs && dataDir === null && needsEmulator(environment) && !isPrefixGiven;
}

async function chooseOpsPorts(): Promise<Record<ServiceName, number>> {
  const ports = await freePortsFrom(FIRST_OPS_PORT, SERVICES.length);
  return Object.fromEntries(SERVICES.map((name, index) => [name, ports[index]])) as Record<
    ServiceName,
    number
  >;
}
