import type { EnvironmentSource } from "@switchyard/shared/config";
import { readSecret } from "@switchyard/shared/config";
import { checkRedis, connect } from "@switchyard/shared/queues";
import { startSimulator } from "@switchyard/simulator";
import { findRedis, freePort, startDynamodb } from "@switchyard/testkit";
import type { Belongings } from "./belongings.ts";
import type { RunFolder } from "./run-folder.ts";
import { mainOf, untilAnswered } from "./services/apart.ts";
import { startChild } from "./services/child.ts";

/** It has answered a PING already. */
const REDIS_CHECK_MS = 2_000;

interface BackingOptions {
  belongings: Belongings;
  folder: RunFolder;
  environment: Readonly<Record<string, string | undefined>>;
  /** As processes of their own instead of inside this one. */
  isApart: boolean;
}

export interface FoundRedis {
  url: string;
  how: string;
  isOurs: boolean;
}

/**
 * A Redis that can be trusted with queues: the one of the environment, else one started here.
 * @throws RedisNotFound, or SwitchyardError REDIS_UNSUITABLE when it is too old or evicts keys.
 */
export async function bringRedis(
  { belongings, folder }: BackingOptions,
  source: EnvironmentSource,
  isKept: boolean,
): Promise<FoundRedis> {
  const given = readSecret("REDIS_URL", source);
  const environment = { ...source.environment, REDIS_URL: given ?? undefined };
  const redis = await findRedis({ environment, dataDir: folder.redisDir, appendonly: isKept });
  belongings.add({
    name: "Redis",
    stop: redis.stop,
    abandon: () => {
      // One that is not ours refuses.
      redis.kill("SIGKILL").catch(() => {});
    },
  });
  const client = connect(redis.url, "producer");
  try {
    await checkRedis(client, REDIS_CHECK_MS);
  } finally {
    client.disconnect();
  }
  return { url: redis.url, how: redis.how, isOurs: given === null };
}

/** The emulated DynamoDB, in memory or in the run's folder. */
export async function bringDynamodb(options: BackingOptions): Promise<string> {
  const { belongings, folder } = options;
  const dataDir = folder.dynamodbDir;
  if (options.isApart) {
    const port = await freePort();
    const args = ["--port", String(port), ...(dataDir === null ? [] : ["--data-dir", dataDir])];
    const entry = mainOf("@switchyard/testkit", "dynamodb-main.ts");
    return bringProcess(options, { name: "dynamodb", entry, args, port, path: "/" });
  }
  const dynamodb = await startDynamodb(dataDir === null ? {} : { dataDir });
  belongings.add({ name: "DynamoDB", stop: dynamodb.stop });
  return dynamodb.url;
}

/** The simulated provider. */
export async function bringSimulator(options: BackingOptions): Promise<string> {
  if (options.isApart) {
    const port = await freePort();
    const entry = mainOf("@switchyard/simulator");
    return bringProcess(options, { name: "simulator", entry, args: [], port, path: "/healthz" });
  }
  const simulator = await startSimulator();
  options.belongings.add({ name: "simulated provider", stop: simulator.close });
  return simulator.url;
}

interface ProcessPlan {
  name: string;
  entry: URL;
  args: readonly string[];
  port: number;
  /** Answers with success once it is ready. */
  path: string;
}

async function bringProcess(options: BackingOptions, { path, port, ...plan }: ProcessPlan): Promise<string> {
  const logFile = options.folder.logFile(plan.name);
  const environment = { ...options.environment, HOST: "127.0.0.1", PORT: String(port) };
  const child = startChild({ ...plan, environment, logFile });
  options.belongings.add(child);
  const url = `http://127.0.0.1:${port}`;
  await untilAnswered(child, `${url}${path}`, logFile);
  return url;
}
