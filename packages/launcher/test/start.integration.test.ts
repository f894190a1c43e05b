import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { JobView } from "@switchyard/shared/contracts";
import { connect } from "@switchyard/shared/queues";
import { startRedis, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import {
  descendantsOf,
  newPlace,
  type Place,
  paste,
  printedCurl,
  START_TIMEOUT_MS,
  screenOf,
  startLauncher,
  untilGone,
  untilUp,
} from "./support.ts";

afterAll(watchLeaks());

const TEST_TIMEOUT_MS = 3 * START_TIMEOUT_MS;
let place: Place;
beforeEach(() => {
  place = newPlace();
});
afterEach(() => place.remove());

test(
  "the printed curl answers as pasted, and ctrl-c drains, prints totals and leaves nothing running",
  async () => {
    const launcher = startLauncher(place, [], { OPENAI_API_KEY: "sk-not-to-be-used" });
    await untilUp(launcher);
    const screen = screenOf(launcher);
    expect(screen).toMatch(/switchyard 0\.1\.0 {3}node 24\..* ready in \d+\.\d s/);
    expect(screen).toMatch(/✓ SIMPLE .* → sim-small +\d+ ms {3}\$0\.0000\d\d {3}saved \$0\.0/);
    expect(screen).toMatch(/✓ CALCULATION .* → sim-math +\d+ ms/);
    expect(screen).toMatch(/✓ COMPLEX .* → sim-large +\d+ ms/);
    expect(screen).toMatch(/classifier \$0\.000000 · net saved \d+\.\d % against always sim-large/);
    expect(screen).toContain("OPENAI_API_KEY found, not used");
    expect(screen).not.toContain('{"level"');

    const job = paste(printedCurl(launcher)) as JobView;
    expect(job).toMatchObject({ status: "succeeded", model: "sim-small", decision: { class: "SIMPLE" } });
    expect(job.result?.text).toContain("Lima");

    const metrics = await fetch(/http:\S+\/metrics/.exec(screen)?.[0] ?? "");
    expect(await metrics.text()).toContain("switchyard_jobs_accepted_total");

    const pids = descendantsOf(launcher.pid);
    expect(pids.length).toBeGreaterThanOrEqual(2);
    await launcher.kill("SIGINT");
    expect(await launcher.exited).toEqual({ code: 0, signal: null });
    expect(screenOf(launcher)).toMatch(
      /stopped {4}4 jobs of tenant \w+ · 4 calls · cost \$0\.\d{6} · saved \$0\.\d{6}/,
    );
    await untilGone(pids);
    expect(readdirSync(place.temporary)).toEqual([]);
    expect(statSync(join(place.dir, ".switchyard/logs/services.log")).size).toBeGreaterThan(0);
  },
  TEST_TIMEOUT_MS,
);

test(
  "--data keeps jobs and key between runs, and lets one run in at a time",
  async () => {
    const first = startLauncher(place, ["--data", "kept"]);
    await untilUp(first);
    const job = paste(printedCurl(first)) as JobView;
    expect(statSync(join(place.dir, "kept/secrets.json")).mode & 0o777).toBe(0o600);

    const second = startLauncher(place, ["--data", "kept"]);
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(screenOf(second)).toContain(`is in use by process ${first.pid}.`);
    await first.kill("SIGINT");
    expect(await first.exited).toEqual({ code: 0, signal: null });

    const third = startLauncher(place, ["--data", "kept"]);
    await untilUp(third);
    const show = printedCurl(third)
      .replace("/v1/jobs", `/v1/jobs/${job.id}`)
      .replace(/ -d .*/, "");
    expect(paste(show)).toMatchObject({ id: job.id, status: "succeeded", result: job.result });
    await third.kill("SIGTERM");
    expect(await third.exited).toEqual({ code: 0, signal: null });
    expect(screenOf(third)).toContain("stopped    3 jobs");
  },
  TEST_TIMEOUT_MS,
);

test(
  "--procs runs every part in a process of its own, and none outlives a launcher that is killed",
  async () => {
    const launcher = startLauncher(place, ["--procs"]);
    await untilUp(launcher);
    expect(paste(printedCurl(launcher))).toMatchObject({ status: "succeeded" });
    const logs = readdirSync(join(place.dir, ".switchyard/logs")).sort();
    expect(logs).toEqual(
      ["classifier", "cost", "dynamodb", "ingest", "invoker", "simulator"].map((name) => `${name}.log`),
    );
    const pids = descendantsOf(launcher.pid);
    expect(pids.length).toBeGreaterThanOrEqual(7);
    await launcher.kill("SIGKILL");
    await untilGone(pids);
  },
  TEST_TIMEOUT_MS,
);

test(
  "--once ends well by itself after the self-check, and leaves the Redis of others as it was",
  async () => {
    const redis = await startRedis();
    const client = connect(redis.url, "subscriber");
    await client.set("somebody's", "key");
    const launcher = startLauncher(place, ["--once", "--procs"], { REDIS_URL: redis.url });
    await launcher.waitForLog((line) => line.includes("self-check"), { timeoutMs: START_TIMEOUT_MS });
    const pids = descendantsOf(launcher.pid);
    expect(await launcher.exited).toEqual({ code: 0, signal: null });
    expect(screenOf(launcher)).toContain("stopped    3 jobs of tenant local · 3 calls");
    expect(screenOf(launcher)).not.toContain("ctrl-c");
    expect(await client.keys("*")).toEqual(["somebody's"]);
    client.disconnect();
    await redis.stop();
    await untilGone(pids);
    expect(readdirSync(place.temporary)).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);
