import { setTimeout as delay } from "node:timers/promises";
import { type RunningRedis, startRedis, waitFor } from "@switchyard/testkit";
import { Redis } from "ioredis";
import { type Gate, openGate } from "./gate.ts";
import { steadyPort } from "./steady-port.ts";

/** The Redis of a system, and what only Redis suffers. Its address stays whatever becomes of it. */
export interface RedisServer extends RunningRedis {
  /** Folders in which it has kept its data so far. */
  readonly folders: readonly string[];
  /** Has no memory to write for a while, and then as much as it likes. */
  starve: (forMs: number) => Promise<void>;
  /** Is a replica of nobody for a while: it answers reads and refuses writes. */
  demote: (forMs: number) => Promise<void>;
  /** Its replica, which has heard nothing for a while, takes its place and its address. */
  failOver: (lagMs: number) => Promise<void>;
  /** Bytes of writes that its replicas had not heard of when they took over. */
  readonly forgottenBytes: number;
  /** How often another server process took over its address, with the data or without. */
  readonly successions: number;
  /** Commands that it refused while it was starved or demoted. */
  readonly refusals: number;
  /** Bytes that its data and buffers take now. */
  usedBytes: () => Promise<number>;
}

export interface RedisServerOptions {
  /** Under which it makes a folder for each server. */
  dir: string;
  /** With a replica, and reached over an address that follows the master. */
  isPaired: boolean;
}

/** Such a share of what is used now is all that a starved Redis may have. */
const STARVED_SHARE = 0.95;
/** Nothing listens there: reserved, and never given to a program. */
const DEAD_PORT = "1";

export async function startRedisServer(options: RedisServerOptions): Promise<RedisServer> {
  const folders: string[] = [];
  async function launch() {
    const port = await steadyPort();
    const dataDir = `${options.dir}/redis-${folders.length + 1}`;
    folders.push(dataDir);
    return { port, server: await startRedis({ appendonly: true, port, dataDir }) };
  }
  const first = await launch();
  const pair = options.isPaired ? await pairUp(first, launch) : null;
  const server = () => pair?.master() ?? first.server;
  let refusals = 0;
  let successions = 0;
  const refusing = async (fault: Promise<number>) => {
    refusals += await fault;
  };
  return {
    folders,
    url: pair === null ? first.server.url : `redis://127.0.0.1:${pair.gate.port}`,
    how: first.server.how,
    kill: (signal) => server().kill(signal),
    async restart() {
      successions += 1;
      await server().restart();
    },
    async wipe() {
      successions += 1;
      await server().wipe();
    },
    stop: () => pair?.stop() ?? first.server.stop(),
    starve: (forMs) => refusing(starve(server().url, forMs)),
    demote: (forMs) => refusing(demote(server().url, forMs)),
    async failOver(lagMs) {
      if (pair === null) throw new Error("this Redis has no replica");
      successions += 1;
      await pair.failOver(lagMs);
    },
    get forgottenBytes() {
      return pair?.forgottenBytes() ?? 0;
    },
    get successions() {
      return successions;
    },
    get refusals() {
      return refusals;
    },
    usedBytes: () => usedBytes(server().url),
  };
}

interface Launched {
  port: number;
  server: RunningRedis;
}

/** A master, a replica that hears of it over a line that can be cut, and the address of whoever is the master. */
async function pairUp(first: Launched, launch: () => Promise<Launched>) {
  const gate = await openGate(await steadyPort(), first.port);
  let master = first;
  let forgottenBytes = 0;
  let replica = await follow(master, launch);
  return {
    gate,
    master: () => master.server,
    forgottenBytes: () => forgottenBytes,
    async failOver(lagMs: number) {
      // A replica that is only stopped reads what the kernel kept for it as soon as it wakes: it would not lag.
      await replica.line.shut();
      await delay(lagMs);
      forgottenBytes += (await offset(master.server.url)) - (await offset(replica.server.url));
      const dead = master.server;
      await dead.kill("SIGKILL");
      await ask(replica.server.url, ["REPLICAOF", "NO", "ONE"]);
      await replica.line.stop();
      master = replica;
      gate.pointTo(master.port);
      await dead.stop();
      replica = await follow(master, launch);
    },
    async stop() {
      await Promise.all([gate.stop(), replica.line.stop()]);
      await Promise.all([master.server.stop(), replica.server.stop()]);
    },
  };
}

async function follow(master: Launched, launch: () => Promise<Launched>): Promise<Launched & { line: Gate }> {
  const line = await openGate(await steadyPort(), master.port);
  const replica = await launch();
  await ask(replica.server.url, ["REPLICAOF", "127.0.0.1", String(line.port)]);
  const isUp = async () => /master_link_status:up/.test(await ask(replica.server.url, ["INFO"]));
  await waitFor(isUp, { timeoutMs: 30_000, what: "a replica that has heard all" });
  return { ...replica, line };
}

/** Answers how many commands were refused meanwhile. */
async function starve(url: string, forMs: number): Promise<number> {
  const limit = Math.floor((await usedBytes(url)) * STARVED_SHARE);
  await ask(url, ["CONFIG", "RESETSTAT"]);
  await ask(url, ["CONFIG", "SET", "maxmemory", String(limit)]);
  await delay(forMs);
  await ask(url, ["CONFIG", "SET", "maxmemory", "0"]);
  return numberIn(await ask(url, ["INFO", "errorstats"]), "errorstat_OOM");
}

/** Answers how many commands were refused meanwhile. */
async function demote(url: string, forMs: number): Promise<number> {
  await ask(url, ["CONFIG", "RESETSTAT"]);
  await ask(url, ["REPLICAOF", "127.0.0.1", DEAD_PORT]);
  await delay(forMs);
  await ask(url, ["REPLICAOF", "NO", "ONE"]);
  return numberIn(await ask(url, ["INFO", "errorstats"]), "errorstat_READONLY");
}

async function usedBytes(url: string): Promise<number> {
  return numberIn(await ask(url, ["INFO"]), "used_memory");
}

/** How much of the stream of writes a server has seen, whatever its part. */
async function offset(url: string): Promise<number> {
  const info = await ask(url, ["INFO"]);
  return numberIn(info, /role:master/.test(info) ? "master_repl_offset" : "slave_repl_offset");
}

function numberIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(?:count=)?(\\d+)`, "m").exec(info)?.[1] ?? 0);
}

/** One command on a connection of its own. */
async function ask(url: string, [command, ...args]: readonly [string, ...string[]]): Promise<string> {
  const redis = new Redis(url, { maxRetriesPerRequest: 3 });
  redis.on("error", () => {});
  try {
    return String(await redis.call(command, args));
  } finally {
    redis.disconnect();
  }
}
