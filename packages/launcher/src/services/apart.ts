import { setTimeout as delay } from "node:timers/promises";
import { fromText, StartFailure } from "../start-failure.ts";
import { type Child, startChild } from "./child.ts";
import { environmentOf, type RunningServices, SERVICES, type ServicesOptions } from "./running-services.ts";

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 25;

/** Starts each service as it runs in production, from its own `main.ts`. @throws StartFailure */
export async function startApart(options: ServicesOptions): Promise<RunningServices> {
  const logs: string[] = [];
  // Children stop in the reverse order of their start: first to stop is ingest.
  const children = [...SERVICES].reverse().map((name) => {
    const logFile = options.logFile(name);
    logs.push(logFile);
    const child = startChild({
      name,
      entry: mainOf(`@switchyard/${name}`),
      environment: environmentOf(name, options),
      logFile,
    });
    options.onChild(child);
    return { name, child, logFile };
  });
  await Promise.all(
    children.map(({ name, child, logFile }) =>
      untilAnswered(child, `http://127.0.0.1:${options.opsPorts[name]}/healthz/ready`, logFile),
    ),
  );
  const failed = Promise.race(
    children.map(({ name, child }) => child.ended.then((how) => `The process of ${name} ${how}.`)),
  );
  return { logs, failed };
}

/** The `main.ts` beside what a workspace's name stands for. */
export function mainOf(workspace: string, file = "main.ts"): URL {
  return new URL(`./${file}`, import.meta.resolve(workspace));
}

/** Waits until the address answers with success. @throws StartFailure when the process ends or takes too long. */
export async function untilAnswered(child: Child, url: string, logFile: string): Promise<void> {
  let end: string | null = null;
  void child.ended.then((how) => {
    end = how;
  });
  const endsAt = Date.now() + START_TIMEOUT_MS;
  while (!(await isAnswered(url))) {
    if (end !== null) {
      const said = child
        .said()
        .trim()
        .replace(/^switchyard: /, "");
      throw fromText(said || `The process of ${child.name} ${end}.`, logFile);
    }
    if (Date.now() > endsAt) throw new StartFailure(`${child.name} did not become ready.`, `See ${logFile}.`);
    await delay(POLL_MS);
  }
}

async function isAnswered(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
