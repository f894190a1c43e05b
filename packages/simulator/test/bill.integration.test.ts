import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { jsonOf, OPENAI, usingSimulator } from "./support.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

let directory: string;
let billFile: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "simulator-"));
  billFile = join(directory, "bill.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs the program itself, as a user would; a test that fails leaves nothing running. */
async function usingProgram({ blocks = "unlimited" }: { blocks?: number | "unlimited" } = {}) {
  // The limit, in blocks of 512 bytes, stands for a full disk.
  const child = spawn("/bin/sh", ["-c", `ulimit -f ${blocks} && exec "$0" "$1"`, process.execPath, MAIN], {
    env: { PORT: "0", SIMULATOR_LATENCY_SCALE: "0", SIMULATOR_BILL_FILE: billFile },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), exited]);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return await exited;
  };
  return {
    url: JSON.parse(line).url as string,
    end,
    [Symbol.asyncDispose]: async () => void (await end("SIGKILL")),
  };
}

function billedAttempts(): unknown[] {
  const lines = readFileSync(billFile, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line).attemptId);
}

it("a line says who called, what it took and what it cost, and matches the answer", async () => {
  await using simulator = await usingSimulator({ billFile });
  const headers = { "x-switchyard-attempt": "a1", "x-switchyard-job": "j1", "x-sim-cached-tokens": "4" };
  const response = await OPENAI.ask(simulator.url, { prompt: "Capital of Peru?", headers });
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  expect(simulator.bill()).toEqual([
    {
      attemptId: "a1",
      jobId: "j1",
      requestId: response.headers.get("x-request-id"),
      model: "sim-small",
      wire: "openai",
      inputTokens: 11,
      cachedInputTokens: 4,
      outputTokens: 2,
      costPicoUsd: String(7 * 150_000 + 4 * 75_000 + 2 * 600_000),
      startedAtMs: expect.any(Number),
      endedAtMs: expect.any(Number),
      promptSha256: sha256("Capital of Peru?"),
      answerSha256: sha256("Lima."),
    },
  ]);
});

it("a call that is cut off after the billing is in the file when the caller notices", async () => {
  await using simulator = await usingSimulator({ billFile });
  const headers = { "x-switchyard-attempt": "cut" };
  await expect(OPENAI.ask(simulator.url, { model: "fault-reset", headers })).rejects.toThrow();
  expect(billedAttempts()).toEqual(["cut"]);
});

it("what was answered survives the death of the process, and the next one goes on with it", async () => {
  const attempts = Array.from({ length: 50 }, (_, number) => `a${number}`);
  const answered: string[] = [];
  {
    await using program = await usingProgram();
    const calls = attempts.map(async (attempt) => {
      const headers = { "x-switchyard-attempt": attempt };
      await (await OPENAI.ask(program.url, { headers })).text();
      answered.push(attempt);
      if (answered.length === 25) await program.end("SIGKILL");
    });
    await Promise.allSettled(calls);
  }
  expect(answered.length).toBeGreaterThanOrEqual(25);
  await using program = await usingProgram();
  await (await OPENAI.ask(program.url, { headers: { "x-switchyard-attempt": "later" } })).text();
  const bill = await (await fetch(`${program.url}/bill`)).text();
  const billed = bill
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).attemptId);
  expect(billed).toEqual(expect.arrayContaining(answered));
  expect(billed.at(-1)).toBe("later");
  const summary = await jsonOf<{ calls: number }>(await fetch(`${program.url}/bill/summary`));
  expect(summary.calls).toBe(billed.length);
});

it("the program ends on SIGTERM with a call in flight, which stays billed", async () => {
  await using program = await usingProgram();
  const call = OPENAI.ask(program.url, {
    model: "fault-hang",
    headers: { "x-switchyard-attempt": "hanging" },
  });
  const failed = expect(call).rejects.toThrow();
  await expect.poll(billedAttempts).toEqual(["hanging"]);
  expect(await program.end("SIGTERM")).toEqual([0, null]);
  await failed;
  expect(billedAttempts()).toEqual(["hanging"]);
});

it("a caller who leaves before the billing pays nothing", async () => {
  await using simulator = await usingSimulator({ billFile });
  const leaving = new AbortController();
  const headers = { "x-sim-latency-ms": "600000" };
  const failed = expect(OPENAI.ask(simulator.url, { headers, signal: leaving.signal })).rejects.toThrow();
  await expect.poll(() => simulator.inFlight().now).toBe(1);
  leaving.abort();
  await failed;
  await expect.poll(() => simulator.inFlight().now).toBe(0);
  expect(simulator.bill()).toEqual([]);
});

it("the bill is read over HTTP from any line on, whether it is in a file or in memory", async () => {
  for (const options of [{ billFile }, {}]) {
    await using simulator = await usingSimulator(options);
    for (const attempt of ["a", "b", "c"]) {
      await (await OPENAI.ask(simulator.url, { headers: { "x-switchyard-attempt": attempt } })).text();
    }
    const read = async (query: string) => (await fetch(`${simulator.url}/bill${query}`)).text();
    const lines = simulator.bill().map((line) => `${JSON.stringify(line)}\n`);
    expect(await read("")).toBe(lines.join(""));
    expect(await read("?after=2")).toBe(lines[2]);
    expect(await read("?after=9")).toBe("");
    expect((await fetch(`${simulator.url}/bill?after=x`)).status).toBe(400);
  }
});

it("a call whose line does not fit on the disk is refused, and leaves no half a line behind", async () => {
  // 1,024 bytes hold two lines and a half.
  await using program = await usingProgram({ blocks: 2 });
  const statuses: number[] = [];
  for (const attempt of ["a", "b", "c", "d"]) {
    const response = await OPENAI.ask(program.url, { headers: { "x-switchyard-attempt": attempt } });
    await response.text();
    statuses.push(response.status);
  }
  expect(statuses).toEqual([200, 200, 500, 500]);
  expect(billedAttempts()).toEqual(["a", "b"]);
});
