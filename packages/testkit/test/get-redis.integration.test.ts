import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { watchLeaks } from "../src/index.ts";

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL("../../../scripts/get-redis.sh", import.meta.url));
const OFFLINE = /Could not resolve|Temporary failure|Could not connect|Unable to connect|Unable to fetch/;

afterAll(watchLeaks());

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-get-redis-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function obstacle(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    if (stderr.includes("apt-get is not available")) return "this system has no apt";
    if (OFFLINE.test(stderr)) return "the package archive cannot be reached";
    throw error;
  }
}

test("two processes starting from nothing both end up with one whole redis", async ({ skip }) => {
  const cache = join(folder, "cache", "redis");
  const attempts = await Promise.all([obstacle(run(SCRIPT, [cache])), obstacle(run(SCRIPT, [cache]))]);
  if (attempts[0] !== undefined) skip(attempts[0]);
  expect(attempts).toEqual([undefined, undefined]);
  expect((await run(join(cache, "redis-server"), ["--version"])).stdout).toContain("Redis server v=");
  expect((await readdir(cache)).sort()).toEqual(["redis-server", "root"]);
  expect(await readdir(join(folder, "cache"))).toEqual(["redis"]);
}, 120_000);
