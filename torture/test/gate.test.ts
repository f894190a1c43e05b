import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { openGate } from "../src/harness/gate.ts";
import { steadyPort } from "../src/harness/steady-port.ts";

async function serving(text: string) {
  const server = createServer((_request: IncomingMessage, response: ServerResponse) => response.end(text));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

it("one address leads to whoever it is pointed to, and to nobody while it is shut", async () => {
  const [one, two] = await Promise.all([serving("one"), serving("two")]);
  const gate = await openGate(await steadyPort(), one.port);
  const ask = async () => (await fetch(`http://127.0.0.1:${gate.port}`)).text();
  try {
    expect(await ask()).toBe("one");
    gate.pointTo(two.port);
    expect(await ask()).toBe("two");
    await gate.shut();
    await expect(ask()).rejects.toThrow();
    await gate.open();
    expect(await ask()).toBe("two");
  } finally {
    await gate.stop();
    for (const { server } of [one, two]) {
      server.closeAllConnections();
      server.close();
    }
  }
});
