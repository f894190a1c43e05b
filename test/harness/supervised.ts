import { type RunningProcess, startProcess, waitFor } from "@switchyard/testkit";

/** A service's process that is started again whenever it dies. */
export interface Supervised {
  readonly name: string;
  /** How it ended each time that nobody had asked it to stop: a signal, or an exit code. */
  readonly deaths: readonly string[];
  /** Ends it as `kill -9` does, and waits until its successor is ready. */
  kill: () => Promise<void>;
  /** Waits for a death by SIGKILL and for a successor that is ready. */
  killed: () => Promise<void>;
  /** Ends it for good. */
  stop: () => Promise<void>;
  logs: () => string[];
}

export interface SuperviseOptions {
  name: string;
  entry: URL;
  env: Readonly<Record<string, string>>;
  /** Armed in the first process only: what starts in its place runs without. */
  failpoints: string | undefined;
}

const READY_MS = 45_000;
const DEATH_MS = 60_000;

/** Starts a service and waits until it is ready. */
export async function supervise(options: SuperviseOptions): Promise<Supervised> {
  const { name, entry, env, failpoints } = options;
  const deaths: string[] = [];
  const lines: string[] = [];
  let isStopping = false;
  let current = start(failpoints === undefined ? {} : { SWITCHYARD_FAILPOINTS: failpoints });

  function start(extra: Record<string, string>): { child: RunningProcess; ready: Promise<string> } {
    const child = startProcess({ name, entry, env: { ...env, ...extra } });
    const ready = child.waitForLog((line) => line.includes('"msg":"ready"'), { timeoutMs: READY_MS });
    // Whoever waits for it sees a failure; a process that dies while nobody waits is started again.
    ready.catch(() => {});
    void child.exited.then((exit) => {
      lines.push(...child.logs());
      if (isStopping) return;
      deaths.push(exit.signal ?? `exit code ${exit.code}`);
      current = start({});
    });
    return { child, ready };
  }

  const successor = async (deathsBefore: number) => {
    const what = `the death of ${name}`;
    await waitFor(() => deaths.length > deathsBefore, { timeoutMs: DEATH_MS, what });
    await current.ready;
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
    name,
    deaths,
    async kill() {
      const deathsBefore = deaths.length;
      await current.child.kill("SIGKILL");
      await successor(deathsBefore);
    },
    killed: () => successor(0),
    stop,
    logs: () => [...lines, ...current.child.logs()],
  };
}
