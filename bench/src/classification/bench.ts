// No service may export this for us, and none needs to.
import { rulesJudge } from "../../../services/classifier/src/judge/judge.ts";
import type { Bench } from "../bench.ts";
import { row } from "../report.ts";
import { alternate } from "../rounds.ts";

const SIZES_BYTES = { "100 B": 100, "1 KB": 1_024, "4 KB": 4_096, "16 KB": 16_384 } as const;
type Size = keyof typeof SIZES_BYTES;
const SIZES = Object.keys(SIZES_BYTES) as Size[];
/** Enough for the clock at the smallest size, and for the compiler to have done its work. */
const BYTES_PER_BATCH = 400_000;
/** The work is bound by CPU, so that the least of several batches is what it takes undisturbed. */
const BATCHES = 15;

const SENTENCES = [
  "The quarterly figures were sent to the board before the meeting on Tuesday. ",
  "Compare both proposals, weigh their risks, and explain which one you would choose and why. ",
  "A parcel of 12.5 kg costs 8.40 EUR to send; there are 37 of them, and 15 % rebate. ",
  "Please keep the tone friendly and do not mention the delay in the first line. ",
];

/** Judging a prompt beside reading it as JSON. */
export const classification: Bench = {
  name: "classification",
  title: "Classification: microseconds per prompt, beside JSON.parse of the same text",
  async run({ rounds }) {
    const { judge } = rulesJudge();
    const pairs = await alternate(
      rounds,
      async () => bySize((text) => judge({ messages: [{ role: "user", content: text }] }), textsOf),
      async () =>
        bySize(
          (text) => JSON.parse(text),
          (bytes) => textsOf(bytes).map((text) => JSON.stringify(text)),
        ),
    );
    return {
      subject: "rules, us",
      reference: "JSON.parse, us",
      rows: [
        ...SIZES.map((size) =>
          row(size, pairs, {
            subject: ({ a }) => a[size],
            reference: ({ b }) => b[size],
            ...(size === "1 KB" ? { bar: "<= 20 x" } : {}),
          }),
        ),
        row("16 KB over 1 KB", pairs, { subject: ({ a }) => a["16 KB"] / a["1 KB"], bar: "<= 16, linear" }),
      ],
      notes: [`The least of ${BATCHES} batches a round. Of a long prompt the rules read a bounded excerpt.`],
      rounds: pairs.map(({ a, b }) => ({ subject: a, reference: b })),
    };
  },
};

function bySize(
  work: (text: string) => unknown,
  textsOfSize: (bytes: number) => string[],
): Record<Size, number> {
  const measured = SIZES.map((size) => [size, leastUs(work, textsOfSize(SIZES_BYTES[size]))]);
  return Object.fromEntries(measured) as Record<Size, number>;
}

/** 64 different texts, so that no cache of a single one is measured. */
function textsOf(bytes: number): string[] {
  return Array.from({ length: 64 }, (_, index) => {
    let text = `Number ${index}. `;
    for (let turn = index; text.length < bytes; turn += 1) text += SENTENCES[turn % SENTENCES.length];
    return text.slice(0, bytes);
  });
}

function leastUs(work: (text: string) => unknown, texts: readonly string[]): number {
  const count = Math.ceil(BYTES_PER_BATCH / (texts[0]?.length ?? 1));
  let leastMs = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const startedAt = performance.now();
    for (let index = 0; index < count; index += 1) work(texts[index % texts.length] as string);
    leastMs = Math.min(leastMs, performance.now() - startedAt);
  }
  return (1_000 * leastMs) / count;
}
