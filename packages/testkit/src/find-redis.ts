import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Environment, inheritedEnvironment } from "./environment.ts";
import { foreignRedis, redisAt } from "./foreign-redis.ts";
import { freePort } from "./free-port.ts";
import { RedisNotFound } from "./redis-not-found.ts";
import type { RunningRedis } from "./running-redis.ts";
import { startCommand } from "./start-process.ts";
import { startRedis } from "./start-redis.ts";
import { uniquePrefix } from "./unique-prefix.ts";

const run = promisify(execFile);
const IMAGE = "redis:7-alpine";

/** Where to look, and how a Redis that has to be started shall keep its data. */
export interface FindRedisOptions {
  environment: Environment;
  /** Where data is kept; by default nowhere beyond the run. */
  dataDir?: string;
  /** Append-only file, on by default: a crash of the server then loses a second at most. */
  appendonly?: boolean;
}

/**
 * The Redis for a person trying the system out: the one at `REDIS_URL`, else a server program on this machine
 * (unpacked without root if need be), else a container. Throws `RedisNotFound`, which says what to do.
 */
export async function findRedis({
  environment,
  dataDir,
  appendonly = true,
}: FindRedisOptions): Promise<RunningRedis> {
  if (environment.REDIS_URL) return redisAt(environment.REDIS_URL, "REDIS_URL");
  const data = dataDir === undefined ? {} : { dataDir };
  try {
    return await startRedis({ appendonly, ...data });
  } catch (error) {
    if (!(error instanceof RedisNotFound) || !(await dockerAnswers())) throw error;
    return await dockerRedis({ appendonly, ...data }).catch((cause: unknown) => {
      throw new RedisNotFound(`${error.what} Docker could not run ${IMAGE} either.`, { cause });
    });
  }
}

async function dockerAnswers(): Promise<boolean> {
  const args = ["version", "--format", "{{.Server.Version}}"];
  return run("docker", args, { timeout: 10_000, env: inheritedEnvironment() }).then(
    () => true,
    () => false,
  );
}

/**
 * Runs Redis in a container in the foreground, so that the client passes our signals on and the container is gone
 * when the client is.
 */
export async function dockerRedis(options: { appendonly: boolean; dataDir?: string }): Promise<RunningRedis> {
  const name = uniquePrefix("switchyard-redis");
  const port = await freePort();
  const args = ["run", "--rm", "--name", name, "--publish", `127.0.0.1:${port}:6379`];
  if (options.dataDir !== undefined) args.push("--volume", `${options.dataDir}:/data`);
  // Files in the data folder shall belong to whoever started this.
  const { getuid, getgid } = process;
  if (getuid && getgid) args.push("--user", `${getuid()}:${getgid()}`);
  args.push(IMAGE, "redis-server", "--save", "", "--appendonly", options.appendonly ? "yes" : "no");
  args.push("--maxmemory-policy", "noeviction");
  const client = startCommand({ command: "docker", args, name: "docker run", detached: true });
  const stop = async () => {
    await client.stop();
    await run("docker", ["rm", "--force", "--volumes", name], { env: inheritedEnvironment() }).catch(
      () => {},
    );
  };
  try {
    // Three minutes, because the image may have to be fetched first.
    await client.waitForLog((line) => line.includes("Ready to accept connections"), { timeoutMs: 180_000 });
    return foreignRedis({ url: `redis://127.0.0.1:${port}`, how: `container ${IMAGE}`, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}
