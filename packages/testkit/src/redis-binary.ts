import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inheritedEnvironment } from "./environment.ts";
import { RedisNotFound } from "./redis-not-found.ts";

const run = promisify(execFile);

const CACHE_DIR = fileURLToPath(new URL("../../../.toolchain/redis", import.meta.url));
const INSTALLER = fileURLToPath(new URL("../../../scripts/get-redis.sh", import.meta.url));

// What the queue library recommends; older servers lack commands and fail late and obscurely.
const OLDEST = [6, 2] as const;

/** A Redis server program that has been seen to run. */
interface RedisBinary {
  command: string;
  version: string;
}

let pending: Promise<RedisBinary> | undefined;

/** `locateRedis`, once per process: a second caller shares the first one's search. */
export function redisBinary(): Promise<RedisBinary> {
  pending ??= locateRedis(CACHE_DIR, inheritedEnvironment()).catch((error: unknown) => {
    pending = undefined;
    throw error;
  });
  return pending;
}

/**
 * Finds `redis-server` on PATH, else in the cache folder, else unpacks the system's package into that folder
 * without root. Throws `RedisNotFound`.
 */
export async function locateRedis(cacheDir: string, env: Record<string, string>): Promise<RedisBinary> {
  const cached = `${cacheDir}/redis-server`;
  const known = (await probe("redis-server", env)) ?? (await probe(cached, env));
  if (known !== undefined) return known;
  await install(cacheDir, env);
  const installed = await probe(cached, env);
  if (installed === undefined) throw new RedisNotFound("The unpacked redis-server does not run here.");
  return installed;
}

async function probe(command: string, env: Record<string, string>): Promise<RedisBinary | undefined> {
  try {
    const { stdout } = await run(command, ["--version"], { timeout: 10_000, env });
    const version = /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    return version !== undefined && isNewEnough(version) ? { command, version } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a Redis of this version can carry the queues. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

async function install(cacheDir: string, env: Record<string, string>): Promise<void> {
  try {
    // Three minutes: on a slow line the package lists alone take one.
    await run("/bin/sh", [INSTALLER, cacheDir], { timeout: 180_000, env });
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? "");
    const lastLine = said.trim().split("\n").at(-1);
    const reason = lastLine ? ` (${lastLine})` : "";
    throw new RedisNotFound(`No redis-server on PATH, and its package could not be unpacked${reason}.`, {
      cause: error,
    });
  }
}
