import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { BillLine } from "./bill-line.ts";
import { openFileBill } from "./file-bill.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "simulator-bill-"));
  path = join(directory, "bill.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true }));

function line(number: number): BillLine {
  return {
    attemptId: `attempt ${number}`,
    jobId: null,
    requestId: `request ${number}`,
    model: "sim-small",
    wire: "openai",
    inputTokens: 10,
    cachedInputTokens: 0,
    outputTokens: 2,
    costPicoUsd: "2700000",
    startedAtMs: 1,
    endedAtMs: 2,
    promptSha256: "0".repeat(64),
    answerSha256: "f".repeat(64),
  };
}

it("a line is in the file when its append resolves", async () => {
  const bill = await openFileBill(path);
  await bill.append(line(1));
  expect(readFileSync(path, "utf8")).toBe(`${JSON.stringify(line(1))}\n`);
  await bill.close();
});

it("concurrent lines share their flushes and keep their order", async () => {
  const bill = await openFileBill(path);
  const lines = Array.from({ length: 500 }, (_, number) => line(number));
  await Promise.all(lines.map((each) => bill.append(each)));
  expect(bill.flushes).toBeLessThanOrEqual(2);
  expect(bill.lines()).toEqual(lines);
  await bill.close();
});

it("a later run reads back what an earlier one billed, and goes on after it", async () => {
  const first = await openFileBill(path);
  await first.append(line(1));
  await first.close();

  const second = await openFileBill(path);
  await second.append(line(2));
  expect(second.lines()).toEqual([line(1), line(2)]);
  expect(second.summary()).toMatchObject({
    calls: 2,
    costPicoUsd: "5400000",
    byModel: { "sim-small": { calls: 2 } },
  });
  await second.close();
});

it("a line that was torn by a crash was never answered and is dropped", async () => {
  const first = await openFileBill(path);
  await first.append(line(1));
  await first.close();
  appendFileSync(path, JSON.stringify(line(2)).slice(0, 40));

  const second = await openFileBill(path);
  await second.append(line(3));
  expect(second.lines()).toEqual([line(1), line(3)]);
  await second.close();
});

it("a file that is no bill is refused, not overwritten", async () => {
  appendFileSync(path, '{"some":"other file"}\n');
  await expect(openFileBill(path)).rejects.toThrow("attemptId");
  expect(readFileSync(path, "utf8")).toBe('{"some":"other file"}\n');
});

it("a line that cannot be written rejects, and is not on the bill", async () => {
  const bill = await openFileBill(path);
  await bill.append(line(1));
  await bill.close();
  await expect(bill.append(line(2))).rejects.toThrow();
  expect(bill.lines()).toEqual([line(1)]);
});

it("the stream leaves out as many lines as the reader has", async () => {
  const bill = await openFileBill(path);
  for (const number of [1, 2, 3]) await bill.append(line(number));
  let streamed = "";
  for await (const piece of bill.stream(2)) streamed += piece;
  expect(streamed).toBe(`${JSON.stringify(line(3))}\n`);
  await bill.close();
});
