import type { AttemptRow } from "@switchyard/shared/ledger";
import { expect, test } from "vitest";
import { FORMATS } from "./formats.ts";
import { reconcile } from "./reconcile.ts";
import { type Reconciliation, renderText } from "./report.ts";
import { picoUsdOf } from "./stated.ts";

async function* each<Value>(values: Iterable<Value>) {
  yield* values;
}

/** A call of ours on each of the days, with 10 tokens in and 2 out. */
function callsOn(days: readonly string[]): AttemptRow[] {
  const usage = { inputTokens: 10, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 2 };
  const about = { state: "settled", modelId: "nano", providerId: "openai", usage, costPicoUsd: 1n };
  return days.map(
    (day, index) =>
      ({ jobId: "job", n: index, startedAt: Date.parse(day), ...about }) as unknown as AttemptRow,
  );
}

const HEADER =
  "start_time,end_time,model,input_tokens,input_cached_tokens,output_tokens,num_model_requests,api_key_id";

function bucket(day: string, rest: string): string {
  const start = Date.parse(day) / 1_000;
  return `${start},${start + 86_400},${rest}`;
}

async function compared(lines: readonly string[], days: readonly string[], asked: object = {}) {
  const format = FORMATS["openai"];
  if (format === undefined) throw new Error("no format");
  const audit = { attempts: () => each([{ attempts: callsOn(days), adjustments: [], broken: [] }]) };
  return (await reconcile({
    ledger: { audit } as unknown as Parameters<typeof reconcile>[0]["ledger"],
    ...{ lines: each([HEADER, ...lines]), file: "f", format: { ...format, id: "openai" } },
    ...{ providers: ["openai"], models: [], named: new Map(), isSettling: false },
    onProblem: (text) => expect.unreachable(text),
    ...asked,
  })) as Reconciliation;
}

test("calls of a day that the export covers and says to be empty are ours only", async () => {
  const days = ["2026-06-01", "2026-06-02", "2026-06-03"];
  const lines = [bucket("2026-06-01", ",,,,,"), bucket("2026-06-02", "nano,10,0,2,1,key")];
  const found = await compared(lines, days);
  expect(found).toMatchObject({ from: "2026-06-01", to: "2026-06-02" });
  expect(found.classes).toMatchObject({ matched: { groups: 1 }, ours_only: { groups: 1 } });
  // Also where it has nothing else, and where that day has lines of others alone.
  expect((await compared([bucket("2026-06-01", ",,,,,")], days)).classes.ours_only.groups).toBe(1);
  const others = [bucket("2026-06-01", "nano,5,0,1,1,other"), ...lines.slice(1)];
  expect((await compared(others, days, { owner: "key" })).classes.ours_only.groups).toBe(1);
});

test("the report says when the days are the file's, and how many lines are of other days", async () => {
  const lines = ["2026-06-01", "2026-06-02"].map((day) => bucket(day, "nano,10,0,2,1,key"));
  const text = async (asked: object) => renderText(await compared(lines, ["2026-06-02"], asked)).join("\n");
  expect(await text({})).toContain("the days are those of the file");
  const given = await text({ from: "2026-06-02", to: "2026-06-02" });
  expect(given).not.toContain("the days are those of the file");
  expect(given).toContain("1 lines left out: of days that are not asked for");
});

test.each([
  ["-1.5", -1_500_000_000_000n],
  ["-0.0000000000005", -1n],
  ["-4e-13", 0n],
  ["--1", null],
  ["-", null],
])("an amount of %s is %s", (text, picoUsd) => {
  expect(picoUsdOf(text)).toBe(picoUsd);
});
