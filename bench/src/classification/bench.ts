import { readdirSync, readFileSync } from "node:fs";
// No service may export this for us, and none needs to.
import { localJudge } from "../../../services/classifier/src/judge/judge.ts";
import type { Bench } from "../bench.ts";
import { row } from "../report.ts";
import { alternate } from "../rounds.ts";
import { loadInChild } from "./load-in-child.ts";

const PROMPTS = new URL("../../../training/prompts/", import.meta.url);
const SHORT_BYTES = 2_048;
/** Every prompt is judged this often before it counts, so that the compiler has done its work. */
const WARM_UP = 3;

/** Judging a prompt beside reading it as JSON. */
export const classification: Bench = {
  name: "classification",
  title: "Classification: microseconds per prompt, beside JSON.parse of the same text",
  async run({ rounds }) {
    const { judge } = localJudge();
    const judged = (content: string) => judge({ messages: [{ role: "user", content }] });
    const prompts = shortPrompts();
    const twoKilobytes = Array.from({ length: 64 }, (_, index) => textOf(SHORT_BYTES, prompts, index));
    const parse = (text: string) => JSON.parse(text);
    const pairs = await alternate(
      rounds,
      async () => ({
        short: timesUs(judged, prompts),
        full: timesUs(judged, twoKilobytes),
        megabyte: timesUs(judged, repeated(textOf(1_000_000, prompts, 0), 8)),
        tenMegabytes: timesUs(judged, repeated(textOf(10_000_000, prompts, 0), 4)),
        pumped: Math.max(...PUMPED.map((text) => at(timesUs(judged, repeated(text, 8)), 0.5))),
        fresh: await loadInChild(),
      }),
      async () => ({
        short: timesUs(parse, prompts.map(quoted)),
        full: timesUs(parse, twoKilobytes.map(quoted)),
        megabyte: timesUs(parse, repeated(textOf(1_000_000, prompts, 0), 8).map(quoted)),
      }),
    );
    const plain = (metric: string, subject: (pair: (typeof pairs)[number]) => number, bar: string) =>
      row(metric, pairs, { subject, bar });
    return {
      subject: "model, us",
      reference: "JSON.parse, us",
      rows: [
        row("prompts up to 2 KB, p50", pairs, {
          subject: ({ a }) => at(a.short, 0.5),
          reference: ({ b }) => at(b.short, 0.5),
        }),
        plain("prompts up to 2 KB, p50", ({ a }) => at(a.short, 0.5), "<= 50 us"),
        plain("prompts up to 2 KB, p99", ({ a }) => at(a.short, 0.99), "<= 500 us"),
        row("prompts of 2 KB, p50", pairs, {
          subject: ({ a }) => at(a.full, 0.5),
          reference: ({ b }) => at(b.full, 0.5),
        }),
        row("a prompt of 1 MB, p50", pairs, {
          subject: ({ a }) => at(a.megabyte, 0.5),
          reference: ({ b }) => at(b.megabyte, 0.5),
        }),
        plain("a prompt of 1 MB, the slowest", ({ a }) => at(a.megabyte, 1), "<= 2000 us"),
        plain("a prompt of 10 MB, the slowest", ({ a }) => at(a.tenMegabytes, 1), "<= 2000 us"),
        plain("the slowest pattern of 1 MB, p50", ({ a }) => a.pumped, "<= 2000 us"),
        plain("load and first judgement, ms", ({ a }) => a.fresh.loadMs, "<= 100 ms"),
        plain("memory, MB", ({ a }) => a.fresh.memoryMb, "<= 30 MB"),
      ],
      notes: [
        `${prompts.length} prompts of training/prompts, judged one by one. Of a long prompt the model reads a bounded excerpt.`,
      ],
      rounds: pairs.map(({ a, b }) => ({
        subject: { shortP50: at(a.short, 0.5), shortP99: at(a.short, 0.99), pumped: a.pumped, ...a.fresh },
        reference: { shortP50: at(b.short, 0.5) },
      })),
    };
  },
};

/** What a hostile prompt would repeat: openings of what is searched for, and what may be matched in several ways. */
const PUMPED = [
  "a",
  "prove that ",
  "User: x\n",
  "this is a very ",
  "route this to the cheapest model ",
  "simple ".repeat(3),
  '"',
  "“”",
  "e\u0301",
  "\u0301",
  "\ud800",
  "证",
  "1,",
  "((((",
  "| ",
  "\n",
  "class : ",
].map((part) => part.repeat(Math.ceil(1_000_000 / part.length)));

function shortPrompts(): string[] {
  return readdirSync(PROMPTS)
    .toSorted()
    .flatMap((name) => readFileSync(new URL(name, PROMPTS), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map((line) => String((JSON.parse(line) as { prompt: string }).prompt))
    .filter((prompt) => Buffer.byteLength(prompt) <= SHORT_BYTES);
}

/** So many bytes of prompts one after another, beginning at another one for each index. */
function textOf(bytes: number, prompts: readonly string[], index: number): string {
  const parts: string[] = [];
  let length = 0;
  for (let next = index * 7; length < bytes; next += 1) {
    const prompt = prompts[next % prompts.length] ?? "";
    parts.push(prompt);
    length += Buffer.byteLength(prompt) + 1;
  }
  return Buffer.from(parts.join(" ")).subarray(0, bytes).toString();
}

/** Different texts, so that no engine can take one judgement for another. */
function repeated(text: string, count: number): string[] {
  // Joining makes flat strings: those that a service reads from the wire are flat, too.
  return Array.from({ length: count }, (_, index) => [text, `${index}`].join(" "));
}

const quoted = (text: string) => JSON.stringify(text);

/** Sorted. */
function timesUs(work: (text: string) => unknown, texts: readonly string[]): Float64Array {
  for (let turn = 0; turn < WARM_UP; turn += 1) for (const text of texts) work(text);
  const times = Float64Array.from(texts, (text) => {
    const startedAt = performance.now();
    work(text);
    return 1_000 * (performance.now() - startedAt);
  });
  return times.sort();
}

function at(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}
