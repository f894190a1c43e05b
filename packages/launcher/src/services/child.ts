import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { fileURLToPath } from "node:url";

const FOLLOW_PARENT = new URL("../follow-parent.ts", import.meta.url).href;
/** Longer than the bound that a service sets itself for its drain. */
const STOP_TIMEOUT_MS = 45_000;
/** Enough of what a child said on its way out to explain it. */
const MAX_SAID_CHARS = 20_000;

export interface ChildOptions {
  name: string;
  entry: URL;
  args?: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  logFile: string;
}

/** A program of ours in a process of its own; its output goes to the log file. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly process: ChildProcess;
  /** Settles when it has ended, with words for how. Never rejects. */
  readonly ended: Promise<string>;
  /** What it wrote to standard error. */
  said: () => string;
  /** SIGTERM, and SIGKILL when it takes too long. May be called any number of times. */
  stop: () => Promise<void>;
  /** SIGKILL, without waiting. */
  abandon: () => void;
}

/**
 * Starts a child in a process group of its own, so that ctrl-c in a terminal reaches only the launcher, which then
 * stops its children in order. It ends with the launcher even when that is killed.
 */
export function startChild({ name, entry, args = [], environment, logFile }: ChildOptions): Child {
  const log = openSync(logFile, "a");
  // Loads what this process has compiled, and adds to it.
  const given = { NODE_COMPILE_CACHE: getCompileCacheDir(), ...environment };
  const env = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const child = fork(fileURLToPath(entry), [...args], {
    env: env as NodeJS.ProcessEnv,
    execArgv: ["--import", FOLLOW_PARENT],
    stdio: ["ignore", log, "pipe", "ipc"],
    detached: true,
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-MAX_SAID_CHARS);
    writeSync(log, text);
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not be started (${error.message})`));
    child.once("close", (code, signal) => {
      closeSync(log);
      resolve(`ended (${signal ?? `code ${code}`})`);
    });
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    name,
    pid: child.pid ?? 0,
    process: child,
    ended,
    said: () => said,
    async stop() {
      if (!hasEnded()) child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
    abandon() {
      if (!hasEnded()) child.kill("SIGKILL");
    },
  };
}
