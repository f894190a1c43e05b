import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, onTestFinished, test } from "vitest";

afterAll(watchLeaks());

const MODULE = JSON.stringify(join(import.meta.dirname, "../src/lifecycle/index.ts"));

/** A process around `runProcess`; `start` is the text of its start function. */
function run(start: string) {
  const log =
    "const log = { info: console.log, warn() {}, error() {}, fatal: (_, text) => console.log(text) };";
  const script = `import { runProcess } from ${MODULE}; ${log} setInterval(() => {}, 1_000);
    await runProcess(${start}); console.log("started");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const said = (text: string) => expect.poll(() => lines, { timeout: 10_000 }).toContain(text);
  return { child, said, lines, errors: () => errors };
}

async function exitOf(child: ChildProcess) {
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal };
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s lets the work in hand finish, and the exit code is 0",
  async (signal) => {
    const { child, said, lines } = run(
      'async () => ({ log, stop: async () => { console.log("draining"); await null; console.log("stopped"); } })',
    );
    await said("started");
    const exit = exitOf(child);
    child.kill(signal);
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(lines).toEqual(["started", "draining", "stopped"]);
  },
);

test("a second signal leaves at once, whatever is still in hand", async () => {
  const { child, said } = run(
    'async () => ({ log, stop: () => { console.log("draining"); return new Promise(() => {}); } })',
  );
  await said("started");
  const exit = exitOf(child);
  child.kill("SIGTERM");
  await said("draining");
  child.kill("SIGTERM");
  expect(await exit).toEqual({ code: 1, signal: null });
});

test("a start that fails says why in one line, and the exit code is 1", async () => {
  const { child, lines, errors } = run('() => Promise.reject(new Error("REDIS_URL: is not set"))');
  expect(await exitOf(child)).toEqual({ code: 1, signal: null });
  expect(lines).toEqual([]);
  expect(errors()).toBe("switchyard: REDIS_URL: is not set\n");
});

test("an error that nobody caught is logged and ends the process, for the cluster to start it again", async () => {
  const { child, lines } = run(
    'async () => { setTimeout(() => Promise.reject(new Error("lost")), 10); return { log, stop: async () => {} }; }',
  );
  expect(await exitOf(child)).toEqual({ code: 1, signal: null });
  expect(lines).toEqual(["started", "unhandled rejection"]);
});
