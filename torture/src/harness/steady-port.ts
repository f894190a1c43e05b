import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that Linux and macOS give to outgoing connections: nobody takes one while its owner is down. */
const FIRST = 20_000;
const LAST = 32_000;

let next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

/** A port on loopback for a server that will be killed and started again on it. No two calls answer the same. */
export async function steadyPort(): Promise<number> {
  for (;;) {
    const port = next;
    next = next === LAST ? FIRST : next + 1;
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
