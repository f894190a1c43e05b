import { setTimeout as delay } from "node:timers/promises";
import { type ProcessExit, type RunningProcess, startProcess, waitFor } from "@switchyard/testkit";

/** A service's process that is started again whenever it dies. */
export interface Supervised {
  readonly name: string;
  /** How it ended each time that nobody had asked it to stop for good: a signal, or an exit code. */
  readonly deaths: readonly string[];
  /** Those of the deaths that nobody had caused. */
  readonly strayDeaths: readonly string[];
  /** Ends it as `kill -9` does, and waits until its successor is ready. */
  kill: () => Promise<void>;
  /** Waits for a death by SIGKILL and for a successor that is ready. */
  killed: () => Promise<void>;
  /** Ends it as `kill -9` does, whatever it is doing, and does not wait; its successor comes after so long. */
  strike: (awayMs?: number) => void;
  /** Asks it to leave, and waits until it did; after the grace period it is killed, which counts as a stray death. */
  dismiss: (awayMs?: number) => Promise<void>;
  /** Stops its threads for a while, as a paused machine would. */
  freeze: (forMs: number) => Promise<void>;
  /** Waits until a process runs that has said that it is ready. */
  ready: () => Promise<void>;
  /** Ends it for good. */
  stop: () => Promise<void>;
  logs: () => string[];
  /** The process that runs now, and the address of its metrics page once it is ready. */
  pid: () => number;
  operationsUrl: () => string | null;
}

export interface SuperviseOptions {
  name: string;
  entry: URL;
  env: Readonly<Record<string, string>>;
  /** Armed in the first process only: what starts in its place runs without. */
  failpoints: string | undefined;
  /** How long after a death its successor starts; at once unless given. */
  restartAfterMs?: number | undefined;
}

const READY_MS = 45_000;
const DEATH_MS = 60_000;
/** As Kubernetes gives a pod unless told otherwise. */
const GRACE_MS = 30_000;

interface Current {
  child: RunningProcess;
  ready: Promise<string>;
  isReady: boolean;
  /** It was asked to leave. */
  isDismissed: boolean;
  /** How long nobody takes its place. */
  awayMs: number;
  operationsUrl: string | null;
}

/** Starts a service and waits until it is ready. */
export async function supervise(options: SuperviseOptions): Promise<Supervised> {
  const { name, entry, env, failpoints, restartAfterMs = 0 } = options;
  const deaths: string[] = [];
  const strayDeaths: string[] = [];
  const lines: string[] = [];
  let isStopping = false;
  let current = start(failpoints === undefined ? {} : { SWITCHYARD_FAILPOINTS: failpoints });

  function start(extra: Record<string, string>): Current {
    const child = startProcess({ name, entry, env: { ...env, ...extra } });
    const ready = child.waitForLog((line) => line.includes('"msg":"ready"'), { timeoutMs: READY_MS });
    const started: Current = {
      ...{ child, ready, isReady: false, isDismissed: false },
      ...{ awayMs: restartAfterMs, operationsUrl: null },
    };
    // Whoever waits for it sees a failure; a process that dies while nobody waits is started again.
    ready.then(
      (line) => {
        started.operationsUrl = `http://127.0.0.1:${(JSON.parse(line) as { opsPort: number }).opsPort}`;
        started.isReady = true;
      },
      () => {},
    );
    void child.exited.then((exit) => buried(started, exit));
    return started;
  }

  async function buried(dead: Current, exit: ProcessExit): Promise<void> {
    dead.isReady = false;
    lines.push(...dead.child.logs());
    if (isStopping) return;
    const death = exit.signal ?? `exit code ${exit.code}`;
    deaths.push(death);
    const wasAsked = dead.isDismissed && (exit.code === 0 || exit.signal === "SIGTERM");
    if (death !== "SIGKILL" && !wasAsked) strayDeaths.push(`${death} (${lastWords(dead.child)})`);
    if (dead.awayMs > 0) await delay(dead.awayMs);
    if (!isStopping) current = start({});
  }

  const ready = async () => {
    await waitFor(() => current.isReady, { timeoutMs: READY_MS, what: `a ${name} that is ready` });
  };
  const successor = async (deathsBefore: number) => {
    const what = `the death of ${name}`;
    await waitFor(() => deaths.length > deathsBefore, { timeoutMs: DEATH_MS, what });
    await ready();
  };
  const stop = async () => {
    isStopping = true;
    await current.child.stop();
  };
  try {
    await current.ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ name, deaths, strayDeaths, ready, stop },
    ...faultsOf(() => current, strayDeaths),
    async kill() {
      const deathsBefore = deaths.length;
      await current.child.kill("SIGKILL");
      await successor(deathsBefore);
    },
    killed: () => successor(0),
    logs: () => [...lines, ...current.child.logs()],
    pid: () => current.child.pid,
    operationsUrl: () => (current.isReady ? current.operationsUrl : null),
  };
}

/** What it said last, for whoever wants to know why it ended. */
function lastWords(child: RunningProcess): string {
  const line = child.logs().at(-1) ?? "without a word";
  return line.slice(0, 400);
}

/** What may be done to the process that runs at the time; its successor is not touched. */
function faultsOf(
  now: () => Current,
  strayDeaths: string[],
): Pick<Supervised, "strike" | "dismiss" | "freeze"> {
  return {
    strike(awayMs = 0) {
      const target = now();
      target.awayMs = Math.max(target.awayMs, awayMs);
      void target.child.kill("SIGKILL");
    },
    async dismiss(awayMs = 0) {
      const target = now();
      if (target.isDismissed) {
        // A second signal would make it leave at once: nobody who waits for a drain sends it.
        await target.child.exited;
        return;
      }
      target.isDismissed = true;
      target.awayMs = Math.max(target.awayMs, awayMs);
      await target.child.kill("SIGTERM");
      const grace = new AbortController();
      const late = delay(GRACE_MS, true, { signal: grace.signal }).catch(() => false);
      const isLate = await Promise.race([late, target.child.exited.then(() => false)]);
      grace.abort();
      if (!isLate) return;
      strayDeaths.push(`no exit within ${GRACE_MS} ms of SIGTERM`);
      await target.child.kill("SIGKILL");
    },
    async freeze(forMs) {
      const { child } = now();
      await child.kill("SIGSTOP");
      await delay(forMs);
      await child.kill("SIGCONT");
    },
  };
}
