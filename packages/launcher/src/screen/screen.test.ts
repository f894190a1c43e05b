import { describe, expect, test } from "vitest";
import type { CheckResult } from "../self-check.ts";
import { StartFailure } from "../start-failure.ts";
import type { Paint } from "./paint.ts";
import {
  renderAddresses,
  renderCheck,
  renderFailure,
  renderHeader,
  renderSaving,
  renderTotals,
  usd,
} from "./screen.ts";

const plain: Paint = (_, text) => text;

const result: CheckResult = {
  class: "SIMPLE",
  prompt: "What is the capital of France?",
  problem: null,
  model: "sim-small",
  durationMs: 152,
  costPicoUsd: 4_000_000n,
  classifierPicoUsd: 0n,
  baselinePicoUsd: 314_000_000n,
};

test("the header lines up its columns and lets a long value run on", () => {
  const rows = [
    { name: "redis", value: "127.0.0.1:40791", note: "started here", hint: "--data DIR" },
    { name: "ledger", value: "127.0.0.1:1", note: "emulated" },
    { name: "models", value: "sim-small  sim-math  sim-large  one-more", hint: "switchyard.yaml" },
  ];
  const header = { version: "0.1.0", nodeVersion: "24.21.0", readyMs: 1_300, rows, warnings: ["no price"] };
  expect(renderHeader(header, plain)).toBe(
    [
      "  switchyard 0.1.0   node 24.21.0                                   ready in 1.3 s",
      "  redis      127.0.0.1:40791   started here   → --data DIR",
      "  ledger     127.0.0.1:1       emulated",
      "  models     sim-small  sim-math  sim-large  one-more   → switchyard.yaml",
      "  ! no price",
      "",
    ].join("\n"),
  );
});

describe("the self-check", () => {
  test("shows class, prompt, model, time, cost and saving", () => {
    const prompt = '"What is the capital of France?"   ';
    expect(renderCheck(result, plain)).toBe(
      `  ✓ SIMPLE       ${prompt}   → sim-small     152 ms   $0.000004   saved $0.000310\n`,
    );
  });

  test("cuts a long prompt", () => {
    const prompt = "Design a rate limiter for a public API on three servers";
    expect(renderCheck({ ...result, prompt }, plain)).toContain('"Design a rate limiter for a publ…"   →');
  });

  test("says what went wrong in place of figures", () => {
    const line = renderCheck({ ...result, problem: "ended as expired" }, plain);
    expect(line).toMatch(/^ {2}✗ SIMPLE .*ended as expired\n$/);
    expect(line).not.toContain("$");
  });

  test("does not call an unknown saving nothing", () => {
    expect(renderCheck({ ...result, baselinePicoUsd: null }, plain)).toContain("saving unknown");
    expect(renderSaving([{ ...result, baselinePicoUsd: null }], "sim-large", plain)).not.toContain(
      "net saved",
    );
  });

  test("the net saving is after what judging cost", () => {
    const costly = { ...result, costPicoUsd: 100_000_000n, classifierPicoUsd: 60_000_000n };
    const line = renderSaving([costly, result], "sim-large", plain);
    expect(line.trim()).toBe("classifier $0.000060 · net saved 83.4 % against always sim-large");
  });

  test("a loss is shown as one", () => {
    const line = renderSaving([{ ...result, costPicoUsd: 400_000_000n }], "sim-large", plain);
    expect(line).toContain("net saved -27.3 %");
  });
});

test("the command to paste is one shell command with the key in it", () => {
  const addresses = {
    apiUrl: "http://127.0.0.1:8080",
    apiKey: "sk-sy-ab-secret",
    metrics: [
      { service: "ingest", port: 9_464 },
      { service: "cost", port: 9_465 },
    ],
    logs: [".switchyard/logs/services.log"],
  };
  const text = renderAddresses(addresses, plain);
  expect(text).toContain("http://127.0.0.1:9464/metrics ingest · :9465 cost");
  expect(text).toContain("\\\n         -H 'Authorization: Bearer sk-sy-ab-secret' -d '{\"input\"");
  expect(text.trimEnd().endsWith("ctrl-c stops and drains")).toBe(true);
});

describe("the totals", () => {
  const totals = {
    tenant: "local",
    jobs: 4,
    unfinished: 0,
    calls: 5,
    costPicoUsd: 4_145_000_000n,
    savedPicoUsd: 584_000_000n,
    isPartial: false,
  };

  test("are one line when all is done", () => {
    expect(renderTotals(totals, false)).toBe(
      "  stopped    4 jobs of tenant local · 5 calls · cost $0.004145 · saved $0.000584\n",
    );
  });

  test("say what becomes of unfinished jobs", () => {
    expect(renderTotals({ ...totals, unfinished: 1 }, false)).toContain("1 job not finished, lost with");
    expect(renderTotals({ ...totals, unfinished: 2 }, true)).toContain("2 jobs not finished, to be finished");
  });

  test("admit that they are not of all jobs", () => {
    expect(renderTotals({ ...totals, isPartial: true }, false)).toContain("the last 4 jobs");
  });
});

test("a failure has a line for each problem and one for what to do", () => {
  expect(renderFailure(new StartFailure(["first", "second"], "Do this."))).toBe(
    "switchyard: first\n            second\n            Do this.\n",
  );
});

test.each([
  [0n, "$0.000000"],
  [499_999n, "$0.000000"],
  [500_000n, "$0.000001"],
  [4_120_000_000n, "$0.004120"],
  [1_234_567_890_123_456n, "$1234.567890"],
  [-310_000_000n, "-$0.000310"],
  [-1n, "$0.000000"],
])("%s pico-dollars are shown as %s", (picoUsd, text) => {
  expect(usd(picoUsd)).toBe(text);
});
