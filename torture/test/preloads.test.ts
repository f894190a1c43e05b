import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

/** Runs a line of script in a process that has loaded a module of the preloads first. */
function preloaded(module: string, asked: string, script: string) {
  const url = new URL(`../src/harness/preloads/${module}.ts?${asked}`, import.meta.url);
  return run(process.execPath, ["--import", url.href, "--eval", script]);
}

it("a clock that is put wrong is wrong in every way of reading it", async () => {
  const before = Date.now();
  const script = "console.log(Date.now(), new Date().getTime(), new Date(5).getTime())";
  const { stdout } = await preloaded("skewed-clock", "offsetMs=-60000", script);
  const [now = 0, created = 0, given] = stdout.trim().split(" ").map(Number);
  for (const told of [now, created]) {
    expect(told).toBeGreaterThanOrEqual(before - 60_000);
    expect(told).toBeLessThanOrEqual(Date.now() - 60_000);
  }
  expect(given).toBe(5);
});

it("a clock drifts as fast as told and never further than its bound", async () => {
  const script = `
    // A process that is held up between two looks at the clock sees that much more.
    let least = Infinity, most = -Infinity;
    const start = performance.now(), wall = process.hrtime.bigint(), first = Date.now();
    while (performance.now() - start < 300) {
      const error = Date.now() - first - Number(process.hrtime.bigint() - wall) / 1e6;
      least = Math.min(least, error); most = Math.max(most, error);
    }
    console.log(most - least)`;
  const { stdout } = await preloaded("skewed-clock", "driftMs=1000&withinMs=50", script);
  expect(Number(stdout)).toBeGreaterThan(80);
  expect(Number(stdout)).toBeLessThan(150);
});

it("poison kills whoever reads it or writes it down, leaves its name, and spares everyone else", async () => {
  const asked = "read=bad-read-&sent=bad-sent-";
  const dies = (script: string) => preloaded("poison", asked, script).catch((error: unknown) => error);
  await expect(dies(`JSON.parse('["bad-read-7. x"]')`)).resolves.toMatchObject({
    signal: "SIGKILL",
    stderr: "killed by bad-read-7\n",
  });
  await expect(dies(`JSON.stringify(["bad-sent-8. x"])`)).resolves.toMatchObject({
    signal: "SIGKILL",
    stderr: "killed by bad-sent-8\n",
  });
  await expect(dies(`console.log(JSON.stringify(JSON.parse('["good"]')))`)).resolves.toMatchObject({
    stdout: '["good"]\n',
  });
});
