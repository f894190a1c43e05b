import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where and on what a result was measured. */
export interface Machine {
  date: string;
  commit: string;
  /** There were changes on top of the commit. */
  isModified: boolean;
  cpu: string;
  cores: number;
  memoryGib: number;
  kernel: string;
  /** Of the minute before the run: above a small fraction of the cores, others were at work. */
  loadAverage: number;
  versions: Record<string, string>;
}

const PACKAGES = ["bullmq", "ioredis", "openai", "undici"] as const;

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    commit: git("rev-parse", "--short", "HEAD") || "unknown",
    isModified: git("status", "--porcelain") !== "",
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    versions: {
      node: process.versions.node,
      ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    },
  };
}

function git(...args: string[]): string {
  try {
    const cwd = fileURLToPath(new URL(".", import.meta.url));
    return execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}

/** Not every package lets its package.json be imported; it lies above what is imported. */
function versionOf(name: string): string {
  const require = createRequire(import.meta.url);
  for (let folder = dirname(require.resolve(name)); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const found = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
      if (found["name"] === name) return found["version"] ?? "unknown";
    } catch {}
  }
  return "unknown";
}
