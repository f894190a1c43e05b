import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { OPENAI, usingSimulator } from "./support.ts";

it("500 calls of 300 ms are all in flight at once, and each is answered and billed once", async () => {
  const directory = mkdtempSync(join(tmpdir(), "simulator-"));
  try {
    await using simulator = await usingSimulator({
      billFile: join(directory, "bill.jsonl"),
      latencyScale: 1,
    });
    const numbers = Array.from({ length: 500 }, (_, number) => number);
    // Held calls make the peak certain however slowly this machine opens 500 connections.
    const latency = { "x-sim-latency-ms": "300" };
    const held = numbers.map((number) => call(simulator.url, number, { ...latency, "x-sim-fault": "hang" }));
    await expect.poll(() => simulator.inFlight().peak, { timeout: 20_000 }).toBe(500);
    await expect.poll(() => simulator.bill().length, { timeout: 20_000 }).toBe(500);
    for (const { leave } of held) leave();
    await Promise.all(held.map(({ text }) => text));
    await expect.poll(() => simulator.inFlight().now).toBe(0);

    const answers = await Promise.all(numbers.map((number) => call(simulator.url, number, latency).text));
    for (const [number, text] of answers.entries()) expect(text).toContain(`"content":"${number * 2}"`);
    const answered = simulator.bill().filter(({ fault }) => fault === undefined);
    expect(new Set(answered.map(({ attemptId }) => attemptId)).size).toBe(500);
    expect(answered).toHaveLength(500);
    expect(simulator.inFlight()).toMatchObject({ calls: 1_000, attempts: { peakPerId: 1 } });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

function call(url: string, number: number, headers: Record<string, string>) {
  const leaving = new AbortController();
  const asked = OPENAI.ask(url, {
    prompt: `${number} * 2`,
    headers: { ...headers, "x-switchyard-attempt": `attempt ${number}` },
    signal: leaving.signal,
  });
  const text = asked.then(
    (response) => response.text(),
    () => "gone",
  );
  return { leave: () => leaving.abort(), text };
}
