import { Redis } from "ioredis";

/** What one Redis has done, as Redis itself counts it. */
export interface RedisReading {
  cpuMs: number;
  /** Commands executed, those inside Lua scripts included. */
  calls: number;
  /** Commands that ran a script: each is one round trip. */
  scripts: number;
  wireBytes: number;
  callsByCommand: Record<string, number>;
}

/** Reads Redis's own counters; `since` is the difference to an earlier reading. */
export interface RedisMeter {
  read: () => Promise<RedisReading>;
  close: () => void;
}

export function openRedisMeter(url: string): RedisMeter {
  const redis = new Redis(url);
  return {
    read: async () => parseInfo(await redis.info("everything")),
    close: () => redis.disconnect(),
  };
}

export function since(before: RedisReading, after: RedisReading): RedisReading {
  const callsByCommand: Record<string, number> = {};
  for (const [command, calls] of Object.entries(after.callsByCommand)) {
    const more = calls - (before.callsByCommand[command] ?? 0);
    if (more > 0) callsByCommand[command] = more;
  }
  return {
    cpuMs: after.cpuMs - before.cpuMs,
    calls: after.calls - before.calls,
    scripts: after.scripts - before.scripts,
    wireBytes: after.wireBytes - before.wireBytes,
    callsByCommand,
  };
}

/** The sections `cpu`, `stats` and `commandstats` of INFO. */
export function parseInfo(info: string): RedisReading {
  const value = (name: string) => Number(new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1] ?? 0);
  const callsByCommand: Record<string, number> = {};
  for (const [, command, calls] of info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
    // The meter's own reading is no work of the subject's.
    if (command !== "info") callsByCommand[command as string] = Number(calls);
  }
  const sum = (names: string[]) => names.reduce((total, name) => total + (callsByCommand[name] ?? 0), 0);
  return {
    cpuMs: 1_000 * (value("used_cpu_sys") + value("used_cpu_user")),
    calls: sum(Object.keys(callsByCommand)),
    scripts: sum(["evalsha", "eval", "fcall"]),
    wireBytes: value("total_net_input_bytes") + value("total_net_output_bytes"),
    callsByCommand,
  };
}
