import { readFile } from "node:fs/promises";
import type { System } from "./system.ts";

/** Megabytes of one process: at its first look, at the most, and at the last look. */
export interface MemoryUse {
  first: number;
  peak: number;
  last: number;
}

export interface MemoryWatch {
  /** By process; `redis` is what its data and buffers take. A machine without /proc says nothing of the others. */
  uses: Readonly<Record<string, MemoryUse>>;
  look: () => Promise<void>;
  stop: () => void;
}

const LOOK_EVERY_MS = 1_000;
const BYTES_PER_MB = 1_048_576;

/** Looks at every process once a second; one that is away is skipped. */
export function watchMemory({ processes, redis }: Pick<System, "processes" | "redis">): MemoryWatch {
  const uses: Record<string, MemoryUse> = {};
  const note = (name: string, bytes: number) => {
    const megabytes = Math.round((bytes / BYTES_PER_MB) * 10) / 10;
    const before = uses[name] ?? { first: megabytes, peak: megabytes, last: megabytes };
    uses[name] = { ...before, peak: Math.max(before.peak, megabytes), last: megabytes };
  };
  const look = async () => {
    const ours = processes.map(async ({ name, pid }) => note(name, await residentBytes(pid())));
    const data = redis.usedBytes().then((bytes) => note("redis", bytes));
    await Promise.allSettled([...ours, data]);
  };
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  }, LOOK_EVERY_MS);
  return { uses, look, stop: () => clearInterval(timer) };
}

/** @throws Error when there is no such process, or no /proc. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} has ended`);
  return Number(kilobytes) * 1_024;
}
