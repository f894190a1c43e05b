import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, inject, test } from "vitest";
import { startProcess, watchLeaks } from "../src/index.ts";

test("a socket left open is reported, and one closed is not", async () => {
  const { hostname, port } = new URL(inject("redisUrl"));
  const expectNoLeaks = watchLeaks({ timeoutMs: 200 });
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  await expect(expectNoLeaks()).rejects.toThrow("Left behind: 1 TCPSocketWrap");
  socket.destroy();
  await expectNoLeaks();
});

test("a server left listening is reported", async () => {
  const expectNoLeaks = watchLeaks({ timeoutMs: 200 });
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  await expect(expectNoLeaks()).rejects.toThrow("Left behind: 1 TCPServerWrap");
  server.close();
  await expectNoLeaks();
});

test("a signal handler left registered is reported", async () => {
  const expectNoLeaks = watchLeaks({ timeoutMs: 200 });
  const handler = () => {};
  process.on("SIGTERM", handler);
  await expect(expectNoLeaks()).rejects.toThrow("Left behind: 1 SIGTERM handler");
  process.off("SIGTERM", handler);
  await expectNoLeaks();
});

test("a child process left running is reported", async () => {
  const expectNoLeaks = watchLeaks({ timeoutMs: 200 });
  const child = startProcess({ entry: new URL("./__fixtures__/service.ts", import.meta.url), name: "child" });
  await expect(expectNoLeaks()).rejects.toThrow("Left behind: 1 ProcessWrap");
  await child.kill("SIGKILL");
  await expectNoLeaks();
});
