import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redisAt } from "./foreign-redis.ts";
import { freePort } from "./free-port.ts";
import { redisBinary } from "./redis-binary.ts";
import type { RunningRedis } from "./running-redis.ts";
import { type RunningProcess, startCommand } from "./start-process.ts";

/** How the Redis shall be; everything has a default. */
export interface StartRedisOptions {
  /** Where data is kept. By default a temporary folder, removed by `stop`. */
  dataDir?: string;
  /** Append-only file, synced every second. Off by default: without it a restarted Redis is empty. */
  appendonly?: boolean;
  /** A fixed port; by default a free one. */
  port?: number;
  /** As in redis.conf, for example `64mb`. Unlimited by default; nothing is ever evicted. */
  maxmemory?: string;
  /** Use this Redis and start none. */
  url?: string;
}

// A port can be taken between our asking for it and Redis listening on it; this many in a row is no coincidence.
const PORT_ATTEMPTS = 5;

/**
 * Starts a Redis on loopback with the settings queues need (nothing evicted, no snapshots) and waits until it is
 * ready. Throws `RedisNotFound` when there is no server program and none can be had.
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<RunningRedis> {
  if (options.url !== undefined) return redisAt(options.url, "the given address");
  const { command, version } = await redisBinary();
  const temporary =
    options.dataDir === undefined ? await mkdtemp(join(tmpdir(), "switchyard-redis-")) : undefined;
  const dir = options.dataDir ?? temporary ?? "";
  await mkdir(dir, { recursive: true });
  const launch = (port: number) => launchRedis(command, redisArguments(dir, port, options));
  const removeTemporary = () =>
    temporary === undefined ? Promise.resolve() : rm(temporary, { recursive: true, force: true });
  try {
    const { server, port } = await onFreePort(launch, options.port);
    const how = `redis-server ${version} started here`;
    return localRedis({ server, port, how, dir, launch, removeTemporary });
  } catch (error) {
    await removeTemporary();
    throw error;
  }
}

function redisArguments(dir: string, port: number, options: StartRedisOptions): string[] {
  const args = ["--bind", "127.0.0.1", "--port", String(port), "--dir", dir, "--save", ""];
  args.push("--appendonly", options.appendonly ? "yes" : "no", "--appendfsync", "everysec");
  args.push("--maxmemory-policy", "noeviction");
  if (options.maxmemory !== undefined) args.push("--maxmemory", options.maxmemory);
  return args;
}

async function launchRedis(command: string, args: string[]): Promise<RunningProcess> {
  const server = startCommand({ command, args, name: "redis-server", detached: true });
  try {
    // Half a minute, because an append-only file is read first.
    await server.waitForLog((line) => line.includes("Ready to accept connections"), { timeoutMs: 30_000 });
    return server;
  } catch (error) {
    await server.kill("SIGKILL");
    throw error;
  }
}

async function onFreePort(launch: (port: number) => Promise<RunningProcess>, fixedPort: number | undefined) {
  for (let attempt = 1; ; attempt += 1) {
    const port = fixedPort ?? (await freePort());
    try {
      return { server: await launch(port), port };
    } catch (error) {
      const isTaken = error instanceof Error && error.message.includes("Address already in use");
      if (!isTaken || fixedPort !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

interface LocalRedis {
  server: RunningProcess;
  port: number;
  how: string;
  dir: string;
  launch: (port: number) => Promise<RunningProcess>;
  removeTemporary: () => Promise<void>;
}

function localRedis({ server, port, how, dir, launch, removeTemporary }: LocalRedis): RunningRedis {
  let current = server;
  return {
    url: `redis://127.0.0.1:${port}`,
    how,
    get pid() {
      return current.pid;
    },
    async kill(signal = "SIGKILL") {
      await current.kill(signal);
      if (signal === "SIGTERM") await current.exited;
    },
    async restart() {
      await current.kill("SIGKILL");
      current = await launch(port);
    },
    async wipe() {
      await current.kill("SIGKILL");
      for (const name of ["appendonlydir", "dump.rdb"])
        await rm(join(dir, name), { recursive: true, force: true });
      current = await launch(port);
    },
    async stop() {
      await current.stop();
      await removeTemporary();
    },
  };
}
