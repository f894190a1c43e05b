import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inheritedEnvironment } from "./environment.ts";
import { guard } from "./guard.ts";
import { LogLines } from "./log-lines.ts";

/** How a process ended: its exit code, or the signal that ended it. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child process under test. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** Settles when the process has ended and its output has been read. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** The last lines written to stdout and stderr, oldest first. */
  logs(): readonly string[];
  /** The first line, past or future, that the predicate accepts. Rejects when the process ends without one. */
  waitForLog(predicate: (line: string) => boolean, options?: { timeoutMs?: number }): Promise<string>;
  /** Sends a signal. After SIGKILL it also waits for the end. A process already gone is no error. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** SIGTERM, and SIGKILL to what is still there after `timeoutMs`. May be called any number of times. */
  stop(options?: { timeoutMs?: number }): Promise<ProcessExit>;
}

/** A TypeScript or JavaScript file to run under the Node that runs this. */
export interface StartProcessOptions {
  entry: string | URL;
  name: string;
  args?: readonly string[];
  /** Added to PATH, HOME and the like, which are all a child inherits: a test says what its process knows. */
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
}

/** Starts `entry` under this very Node. The child ends with this process, even when that is killed. */
export function startProcess({ entry, name, args = [], env = {}, cwd }: StartProcessOptions): RunningProcess {
  const path = entry instanceof URL ? fileURLToPath(entry) : entry;
  return startCommand({
    command: process.execPath,
    args: [path, ...args],
    name,
    env,
    ...(cwd ? { cwd } : {}),
  });
}

/** Any program to run. */
interface StartCommandOptions extends Omit<StartProcessOptions, "entry"> {
  command: string;
  /** Its own process group: Ctrl-C in a terminal then reaches only us, and we stop it in our own order. */
  detached?: boolean;
}

/** As `startProcess`, for any program. Throws when it cannot be started at all. */
export function startCommand({
  command,
  args = [],
  name,
  env = {},
  cwd,
  detached = false,
}: StartCommandOptions): RunningProcess {
  const child = spawn(command, args, {
    env: { ...inheritedEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached,
    ...(cwd ? { cwd } : {}),
  });
  // Without a listener the failure to start would end this process; it is reported below by the missing pid.
  child.on("error", () => {});
  if (child.pid === undefined) throw new Error(`${name}: cannot start ${command}`);
  const release = guard(child.pid);
  const lines = new LogLines();
  lines.read(child.stdout);
  lines.read(child.stderr);
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once("exit", release);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return running({ child, pid: child.pid, name, lines, exited });
}

interface Parts {
  child: ChildProcess;
  pid: number;
  name: string;
  lines: LogLines;
  exited: Promise<ProcessExit>;
}

function running({ child, pid, name, lines, exited }: Parts): RunningProcess {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    name,
    pid,
    exited,
    logs: () => lines.all(),
    waitForLog: (predicate, { timeoutMs = 10_000 } = {}) =>
      waitForLine({ name, lines, exited, predicate, timeoutMs }),
    async kill(signal = "SIGKILL") {
      if (!hasEnded()) child.kill(signal);
      if (signal === "SIGKILL") await exited;
    },
    async stop({ timeoutMs = 10_000 } = {}) {
      if (!hasEnded()) child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
      const exit = await exited;
      clearTimeout(timer);
      return exit;
    },
  };
}

interface LineWait {
  name: string;
  lines: LogLines;
  exited: Promise<ProcessExit>;
  predicate: (line: string) => boolean;
  timeoutMs: number;
}

function waitForLine({ name, lines, exited, predicate, timeoutMs }: LineWait): Promise<string> {
  const known = lines.all().find(predicate);
  if (known !== undefined) return Promise.resolve(known);
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      stopFollowing();
    };
    const fail = (what: string) => {
      settle();
      reject(new Error(`${name}: ${what} Its last lines:\n${lines.tail()}`));
    };
    const stopFollowing = lines.follow((line) => {
      if (!predicate(line)) return;
      settle();
      resolve(line);
    });
    const timer = setTimeout(() => fail(`no such line within ${timeoutMs} ms.`), timeoutMs);
    void exited.then(({ code, signal }) => fail(`ended (${signal ?? `code ${code}`}) without such a line.`));
  });
}
