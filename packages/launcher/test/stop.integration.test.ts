import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { checkRedis, connect } from "@switchyard/shared/queues";
import { freePort, startRedis, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { apiPort } from "../src/ports.ts";
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

const TEST_TIMEOUT_MS = 2 * START_TIMEOUT_MS;
const SHIPPED = readFileSync(new URL("../../../switchyard.yaml", import.meta.url), "utf8");
let place: Place;
beforeEach(() => {
  place = newPlace();
});
afterEach(() => place.remove());

function catalogue(text: string): Record<string, string> {
  writeFileSync(`${place.dir}/own.yaml`, text);
  return { SWITCHYARD_CONFIG: "own.yaml" };
}

/** A start that must fail: answers what it printed, and that it left nothing. */
async function failedStart(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const launcher = startLauncher(place, args, env);
  expect(await launcher.exited).toEqual({ code: 1, signal: null });
  expect(readdirSync(place.temporary)).toEqual([]);
  return screenOf(launcher);
}

test(
  "a second ctrl-c leaves at once, with a call still in flight",
  async () => {
    const stuck = SHIPPED.replace(
      "\nroutes:",
      `
  sim-stuck:
    provider: simulated
    provider_model: fault-hang
    price: simulated/sim-small
    window_tokens: 1000
    max_output_tokens: 100
    strength: 1
    timeout_ms: 60000

routes:`,
    );
    const launcher = startLauncher(place, [], catalogue(stuck));
    await untilUp(launcher);
    const wait = /Prefer: wait=\d+/;
    const submit = printedCurl(launcher)
      .replace(wait, "Prefer: wait=1")
      .replace("\"}'", '","model":"sim-stuck"}\'');
    expect(paste(submit)).toMatchObject({ status: "running", model: "sim-stuck" });
    const pids = descendantsOf(launcher.pid);
    await launcher.kill("SIGINT");
    await launcher.waitForLog((line) => line.includes("ctrl-c again leaves at once"));
    let hasLeft = false;
    void launcher.exited.then(() => {
      hasLeft = true;
    });
    const pressedAt = performance.now();
    // A press right after the first is taken for its echo, so it is pressed until one counts as the second.
    await waitFor(async () => {
      await launcher.kill("SIGINT");
      return hasLeft;
    });
    expect(await launcher.exited).toEqual({ code: 130, signal: null });
    expect(performance.now() - pressedAt).toBeLessThan(3_000);
    await untilGone(pids);
    expect(readdirSync(place.temporary)).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);

test(
  "ctrl-c during the start leaves nothing running",
  async () => {
    const launcher = startLauncher(place, ["--procs"]);
    const pids = await untilChildren(launcher.pid);
    await launcher.kill("SIGINT");
    expect(await launcher.exited).toEqual({ code: 130, signal: null });
    await untilGone(pids);
    expect(readdirSync(place.temporary)).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);

/** Once some are there; with a process for each part they come one after another. */
function untilChildren(pid: number): Promise<number[]> {
  const some = () => {
    const pids = descendantsOf(pid);
    return pids.length >= 3 ? pids : null;
  };
  return waitFor(some, { timeoutMs: START_TIMEOUT_MS, what: "children" });
}

test(
  "a self-check that fails says why and ends with 1",
  async () => {
    const refusing = SHIPPED.replace(
      "  sim-math:\n    provider: simulated\n",
      "  sim-math:\n    provider: simulated\n    provider_model: fault-400\n",
    ).replace("    fallbacks: { default: [sim-large] }\n", "");
    const screen = await failedStart([], catalogue(refusing));
    expect(screen).toMatch(/✓ SIMPLE/);
    expect(screen).toMatch(/✗ CALCULATION .*failed: .*\(provider_rejected\)/);
    expect(screen).toMatch(/stopped {4}3 jobs/);
  },
  TEST_TIMEOUT_MS,
);

test("a port that was asked for and is taken is refused; the usual one is left for the next", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  try {
    const screen = await failedStart(["--port", String(port)]);
    expect(screen).toBe(
      `switchyard: Port ${port} is taken or not allowed.\n` +
        "            Give another one, or leave --port out to take the next free one.",
    );
  } finally {
    server.close();
  }
  // Whoever has it: from now on somebody does.
  const usual = createServer().listen(8_080, "127.0.0.1");
  await new Promise((resolve) => usual.once("listening", resolve).once("error", resolve));
  const { port: next, moved } = await apiPort(null);
  usual.close();
  expect(next).toBeGreaterThan(8_080);
  expect(moved).toBe(`8080 is taken, using ${next}`);
});

test("a Redis that evicts keys is refused and left as it was", async () => {
  const redis = await startRedis();
  const client = connect(redis.url, "producer");
  try {
    await checkRedis(client, 5_000);
    await client.config("SET", "maxmemory-policy", "allkeys-lru");
    const screen = await failedStart([], { REDIS_URL: redis.url });
    expect(screen).toBe(
      "switchyard: Redis evicts keys (maxmemory-policy allkeys-lru), which loses queued jobs\n" +
        "            Run `redis-cli config set maxmemory-policy noeviction` and set it in redis.conf.",
    );
    expect(await client.dbsize()).toBe(0);
  } finally {
    client.disconnect();
    await redis.stop();
  }
});

test("a Redis that does not answer is named without its password", async () => {
  const port = await freePort();
  const screen = await failedStart([], { REDIS_URL: `redis://:hush@127.0.0.1:${port}` });
  expect(screen).toContain(`switchyard: No Redis answers at redis://127.0.0.1:${port}`);
  expect(screen).toContain("\n            Start it there, or change the address.");
  expect(screen).not.toContain("hush");
});

test("every problem of the catalogue is told, with what to do", async () => {
  const wrong = SHIPPED.replace("- sim-small", "- sim-smal").replace("kind: bedrock", "kind: bedrok");
  const screen = await failedStart([], catalogue(wrong));
  expect(screen.split("\n")).toEqual([
    expect.stringMatching(
      /^switchyard: own\.yaml:\d+:\d+ providers\.simulated-bedrock\.kind: must be one of/,
    ),
    expect.stringMatching(
      /^ {12}own\.yaml:\d+:\d+ routes\.SIMPLE\[0\]: unknown model "sim-smal" \(did you mean/,
    ),
    "            Correct these and start again.",
  ]);
});

test(
  "a setting that a service refuses is told as the service says it, in both ways to run",
  async () => {
    const expected =
      "switchyard: SWEEP_STALE_MS: must be a whole number from 50 to 3600000\n" +
      "            Correct it and start again.";
    expect(await failedStart([], { SWEEP_STALE_MS: "soon" })).toBe(expected);
    expect(await failedStart(["--procs"], { SWEEP_STALE_MS: "soon" })).toBe(expected);
  },
  TEST_TIMEOUT_MS,
);

test("a folder that cannot be written is refused", async () => {
  writeFileSync(`${place.dir}/file`, "");
  const screen = await failedStart(["--data", "file"]);
  expect(screen).toMatch(/^switchyard: .*\/file cannot be written \(ENOTDIR\)\.\n {12}Make it writable, or/);
});
