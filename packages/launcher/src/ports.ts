import { createServer } from "node:net";
import { StartFailure } from "./start-failure.ts";

const DEFAULT_PORT = 8_080;
/** Where Prometheus looks first; the other services take the ports after it. */
export const FIRST_OPS_PORT = 9_464;
/** Looked at from the first one on; a machine with so many in a row taken has another problem. */
const PORTS_TRIED = 100;

/** The port of the API. `moved` says what was taken instead of what, for people. */
export async function apiPort(wanted: number | null): Promise<{ port: number; moved: string | null }> {
  if (wanted !== null) {
    if (await isFree(wanted)) return { port: wanted, moved: null };
    throw new StartFailure(
      `Port ${wanted} is taken or not allowed.`,
      "Give another one, or leave --port out to take the next free one.",
    );
  }
  const [port = DEFAULT_PORT] = await freePortsFrom(DEFAULT_PORT, 1);
  return { port, moved: port === DEFAULT_PORT ? null : `${DEFAULT_PORT} is taken, using ${port}` };
}

/** The first `count` free ports on loopback from `first` on. Free a moment ago: whoever takes one may still fail. */
export async function freePortsFrom(first: number, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let port = first; port < first + PORTS_TRIED && found.length < count; port += 1) {
    if (await isFree(port)) found.push(port);
  }
  if (found.length === count) return found;
  throw new StartFailure(
    `The ports ${first} to ${first + PORTS_TRIED - 1} are taken.`,
    "Stop what uses them, then start again.",
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
