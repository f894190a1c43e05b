import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningProcess, startProcess, waitFor } from "@switchyard/testkit";

const ENTRY = new URL("../src/main.ts", import.meta.url);
/** Several times what a start takes on two busy cores. */
export const START_TIMEOUT_MS = 60_000;

/** A folder to start in, with a temporary folder of its own in which nothing may stay. */
export interface Place {
  dir: string;
  temporary: string;
  remove: () => void;
}

export function newPlace(): Place {
  const dir = mkdtempSync(join(tmpdir(), "switchyard-start-"));
  return {
    dir,
    temporary: mkdtempSync(join(dir, "tmp-")),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Starts the launcher as `npm start` does. Besides PATH and the like it knows only what is given. */
export function startLauncher(
  { dir, temporary }: Place,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningProcess {
  return startProcess({
    entry: ENTRY,
    name: "launcher",
    args,
    cwd: dir,
    env: { ...env, TMPDIR: temporary, NO_COLOR: "1" },
  });
}

/** Waits until the whole screen is there. */
export async function untilUp(launcher: RunningProcess): Promise<void> {
  await launcher.waitForLog((line) => line.includes("ctrl-c stops"), { timeoutMs: START_TIMEOUT_MS });
}

/** Everything it printed. */
export function screenOf(launcher: RunningProcess): string {
  return launcher.logs().join("\n");
}

/** The printed command, as a person would copy it. */
export function printedCurl(launcher: RunningProcess): string {
  const command = /curl .*\\\n.*/.exec(screenOf(launcher))?.[0];
  if (command === undefined) throw new Error(`no curl on the screen:\n${screenOf(launcher)}`);
  return command;
}

/** Runs a pasted command in a shell. */
export function paste(command: string): unknown {
  return JSON.parse(execFileSync("/bin/sh", ["-c", command], { encoding: "utf8", timeout: 30_000 }));
}

/** The processes below one, by id. */
export function descendantsOf(pid: number): number[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" });
  const pairs = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.filter(([, ppid]) => ppid === parent).flatMap(([child = 0]) => [child, ...below(child)]);
  return below(pid);
}

/** Waits until none of them is there any more. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  await waitFor(() => pids.every((pid) => !isThere(pid)), { what: `the end of ${pids.join(", ")}` });
}

function isThere(pid: number): boolean {
  try {
    // A zombie waits for a parent that will not ask; it runs no more.
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}
