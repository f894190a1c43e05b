import { readFile } from "node:fs/promises";
import { afterAll, afterEach, expect, test } from "vitest";
import { type RunningProcess, startProcess, waitFor, watchLeaks } from "../src/index.ts";

afterAll(watchLeaks());

const SERVICE = new URL("./__fixtures__/service.ts", import.meta.url);
const started: RunningProcess[] = [];

function start(options: { args?: string[]; env?: Record<string, string>; entry?: URL } = {}): RunningProcess {
  const service = startProcess({ entry: SERVICE, name: "service", ...options });
  started.push(service);
  return service;
}

afterEach(async () => {
  for (const service of started.splice(0)) await service.stop();
});

test("a process knows what it was told and nothing else", async () => {
  process.env.SECRET = "inherited";
  const service = start({ env: { GREETING: "hello" } });
  expect(await service.waitForLog((line) => line.startsWith("greeting"))).toBe("greeting hello, secret none");
  delete process.env.SECRET;
});

test("a line already written is found as well as one to come, on either stream", async () => {
  const service = start();
  await service.waitForLog((line) => line === "ready");
  await service.waitForLog((line) => line === "ready");
  expect(service.logs()).toContain("ready");
});

test("stopping lets a process drain and reports its exit code", async () => {
  const service = start();
  await service.waitForLog((line) => line === "ready");
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  expect(service.logs()).toContain("draining");
  expect(await service.stop()).toEqual({ code: 0, signal: null });
});

test("a process that will not stop is killed after the bound", async () => {
  const service = start({ args: ["stubborn"] });
  await service.waitForLog((line) => line === "ready");
  expect(await service.stop({ timeoutMs: 100 })).toEqual({ code: null, signal: "SIGKILL" });
});

test("a killed process is gone when the kill returns", async () => {
  const service = start();
  await service.waitForLog((line) => line === "ready");
  await service.kill("SIGKILL");
  expect(() => process.kill(service.pid, 0)).toThrow("ESRCH");
  expect(await service.exited).toEqual({ code: null, signal: "SIGKILL" });
});

test("waiting for a line fails with the last output when the process ends first", async () => {
  const service = start({ entry: new URL("./__fixtures__/absent.ts", import.meta.url) });
  await expect(service.waitForLog(() => false)).rejects.toThrow(/ended \(code 1\).*Cannot find module/s);
});

test("a child does not outlive a parent that is killed", async () => {
  const parent = start({ entry: new URL("./__fixtures__/parent.ts", import.meta.url) });
  const line = await parent.waitForLog((text) => text.startsWith("child "));
  await parent.kill("SIGKILL");
  const pid = line.slice("child ".length);
  // A dead child nobody waits for stays in the table as a zombie, so its state is asked for.
  const isGone = async () => {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return stat === "" || / Z /.test(stat);
  };
  await waitFor(isGone, { what: "the end of the child" });
});
