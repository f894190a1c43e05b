import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inheritedEnvironment } from "./environment.ts";
import { RedisNotFound } from "./redis-not-found.ts";

const run = promisify(execFile);

const CACHE_DIR = fileURLToPath(new URL("../../../.toolchain/redis", import.meta.url));
const INSTALLER = fileURLToPath(new URL("../../../scripts/get-redis.sh", import.meta.url));

// Queues need 6.2 (the `LMOVE` family and `SET … GET`); older servers fail late and obscurely.
const OLDEST = [6, 2] as const;

/** A Redis server program that has been seen to run. */
export interface RedisBinary {
  command: string;
  version: string;
}

let pending: Promise<RedisBinary> | undefined;

/**
 * Finds `redis-server` on PATH, else in the cache, else unpacks the system's package into the cache without
 * root. Throws `RedisNotFound`. Looks once per process: a second caller shares the first one's search.
 */
export function redisBinary(): Promise<RedisBinary> {
  pending ??= locate().catch((error: unknown) => {
    pending = undefined;
    throw error;
  });
  return pending;
}

async function locate(): Promise<RedisBinary> {
  const cached = `${CACHE_DIR}/redis-server`;
  const known =
    (await probe("redis-server")) ?? ((await isExecutable(cached)) ? await probe(cached) : undefined);
  if (known !== undefined) return known;
  await install();
  const installed = await probe(cached);
  if (installed === undefined) throw new RedisNotFound("The unpacked redis-server does not run here.");
  return installed;
}

async function probe(command: string): Promise<RedisBinary | undefined> {
  try {
    const { stdout } = await run(command, ["--version"], { timeout: 10_000, env: inheritedEnvironment() });
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

async function install(): Promise<void> {
  try {
    // Three minutes: on a slow line the package lists alone take one.
    await run("/bin/sh", [INSTALLER, CACHE_DIR], { timeout: 180_000, env: inheritedEnvironment() });
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? "")
      .trim()
      .split("\n")
      .at(-1);
    const reason = said ? ` (${said})` : "";
    throw new RedisNotFound(`No redis-server on PATH, and its package could not be unpacked${reason}.`, {
      cause: error,
    });
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
