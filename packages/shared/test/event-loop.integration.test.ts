import { type RunningProcess, startProcess, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import type { Block } from "../src/lifecycle/index.ts";

afterAll(watchLeaks());

let child: RunningProcess;
let url: string;

beforeEach(async () => {
  child = startProcess({
    name: "blocked process",
    entry: new URL("./__fixtures__/blocked-process.ts", import.meta.url),
  });
  const { port } = JSON.parse(await child.waitForLog((line) => line.includes("port"))) as { port: number };
  url = `http://127.0.0.1:${port}`;
});
afterEach(async () => {
  await child.stop();
});

async function liveness() {
  const response = await fetch(`${url}/healthz/live`, { headers: { connection: "close" } });
  return { status: response.status, body: await response.json() };
}

async function block(timeMs: number): Promise<Block> {
  const body = JSON.stringify({ timeMs });
  await fetch(`${url}/block`, { method: "POST", body, headers: { connection: "close" } });
  return nextBlock();
}

async function nextBlock(): Promise<Block> {
  return JSON.parse(await child.waitForLog((line) => line.includes("blockedMs"))) as Block;
}

test("an event loop that was blocked is told of, and live all the same", async () => {
  expect(await liveness()).toMatchObject({ status: 200 });
  expect((await block(1_300)).blockedMs).toBeGreaterThanOrEqual(1_000);
  expect(await liveness()).toMatchObject({ status: 200 });
});

test("an event loop that was blocked for too long is a problem of its process", async () => {
  await block(3_500);
  expect(await liveness()).toMatchObject({
    status: 503,
    body: { problems: { eventLoop: expect.stringMatching(/^the event loop was blocked for [1-9]\d* s$/) } },
  });
});

test("a process that was frozen says so, and needs no restart", async () => {
  const startMs = performance.now();
  await child.kill("SIGSTOP");
  await waitFor(() => performance.now() - startMs > 4_000);
  await child.kill("SIGCONT");
  const { blockedMs, cpuMs } = await nextBlock();
  expect(blockedMs).toBeGreaterThan(3_000);
  expect(cpuMs).toBeLessThan(blockedMs / 10);
  expect(await liveness()).toMatchObject({ status: 200 });
});
