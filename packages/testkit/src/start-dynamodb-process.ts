import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningDynamodb } from "./start-dynamodb.ts";
import { type RunningProcess, startProcess } from "./start-process.ts";

const ENTRY = new URL("./dynamodb-main.ts", import.meta.url);

// What the process writes once it takes requests, followed by its address.
const READY = "listening at ";

/** An emulated DynamoDB in a process of its own. */
export interface RunningDynamodbProcess extends RunningDynamodb {
  readonly pid: number;
  /** Sends a signal; waits for the end after SIGKILL and SIGTERM. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data, after a SIGKILL if it still runs. */
  restart(): Promise<void>;
}

/** How the process shall be; everything has a default. */
export interface StartDynamodbProcessOptions {
  /** Where tables are kept. By default a temporary folder, removed by `stop`. */
  dataDir?: string;
  /** A fixed port; by default a free one. */
  port?: number;
}

/** As `startDynamodb`, in a process that can be killed and restarted with its data kept. */
export async function startDynamodbProcess(
  options: StartDynamodbProcessOptions = {},
): Promise<RunningDynamodbProcess> {
  const temporary =
    options.dataDir === undefined ? await mkdtemp(join(tmpdir(), "switchyard-dynamodb-")) : undefined;
  const dir = options.dataDir ?? temporary ?? "";
  await mkdir(dir, { recursive: true });
  const first = await launch(dir, options.port ?? 0);
  const { url } = first;
  let { server } = first;
  const port = Number(new URL(url).port);
  return {
    url,
    how: "dynalite started here as a process",
    get pid() {
      return server.pid;
    },
    async kill(signal = "SIGKILL") {
      await server.kill(signal);
      if (signal === "SIGTERM") await server.exited;
    },
    async restart() {
      await server.kill("SIGKILL");
      ({ server } = await launch(dir, port));
    },
    async stop() {
      await server.stop();
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
    },
  };
}

async function launch(dir: string, port: number): Promise<{ server: RunningProcess; url: string }> {
  const args = ["--data-dir", dir, "--port", String(port)];
  const server = startProcess({ entry: ENTRY, name: "dynamodb", args });
  try {
    const line = await server.waitForLog((text) => text.startsWith(READY), { timeoutMs: 20_000 });
    return { server, url: line.slice(READY.length) };
  } catch (error) {
    await server.kill("SIGKILL");
    throw error;
  }
}
