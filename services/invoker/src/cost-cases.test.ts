import { costStateOf, type NewIntent } from "@switchyard/shared/ledger";
import { formatUsd, type Price, readPriceBook } from "@switchyard/shared/pricing";
import { describe, expect, test } from "vitest";
import { COST_CASES, type CostCase } from "./__fixtures__/cost-cases.ts";
import { readConverse } from "./providers/bedrock/converse.ts";
import { estimateUsage } from "./providers/estimate-usage.ts";
import { readCompletion } from "./providers/openai/completion.ts";
import { completionOf } from "./providers/openai/event-stream.ts";
import type { CompletionRequest } from "./providers/provider.ts";
import { settlementOf } from "./record-outcome.ts";

/** Both adapters' readers and the booking of a call, from the provider's own words to the amount on the row. */
const REQUEST: CompletionRequest = {
  ...{ attemptId: "a", jobId: "j", providerModel: "m", maxOutputTokens: 10_000, bytesPerToken: 3 },
  ...{ messages: [{ role: "user", content: "x".repeat(300) }], timeoutMs: 1 },
  signal: new AbortController().signal,
};

const HEAD = { version: "7", date: "2026-01-02", unit: "USD per million tokens" };
const SOURCES = { here: { title: "A test" } };

function bookOf(...prices: object[]) {
  const entries = prices.map((price) => ({ input: "1", output: "1", source: "here", ...price }));
  return readPriceBook(JSON.stringify({ ...HEAD, sources: SOURCES, prices: entries }), "prices.json");
}

function readingOf({ wire, usage, served }: Pick<CostCase, "wire" | "usage" | "served">) {
  const serviceTier = served === undefined ? {} : { service_tier: served, serviceTier: { type: served } };
  if (wire === "openai")
    return readCompletion({ choices: [{ message: { content: "t" } }], usage, ...serviceTier }, REQUEST);
  const output = { message: { content: [{ text: "t" }] } };
  return readConverse({ output, stopReason: "end_turn", usage, ...serviceTier }, REQUEST);
}

/** As the invoker writes it on the attempt's row. */
function booked(price: Price, reading: ReturnType<typeof readCompletion>) {
  const { counted, text, finishReason, model, serviceTier } = reading;
  const estimated = estimateUsage(REQUEST, text);
  return settlementOf({ price } as NewIntent, {
    ...{ kind: "settled", text, finishReason, model, serviceTier, providerRequestId: null },
    ...(counted === null
      ? { usage: estimated.usage, rawUsage: null, estimate: estimated.method, usageNotes: [] }
      : { usage: counted.usage, rawUsage: "{}", estimate: null, usageNotes: counted.notes }),
  });
}

function priceIn(entry: object, serviceTier?: string): Price {
  const price = bookOf({ id: "a/b", ...entry }).find({ priceId: "a/b", serviceTier }, 0);
  if (price === null) throw new Error("no price");
  return price;
}

describe("money, to the last digit", () => {
  test.each(COST_CASES)("case $n: $name", (one) => {
    const row = booked(priceIn(one.price, one.asked), readingOf(one));
    expect(row.costPicoUsd === undefined ? undefined : formatUsd(row.costPicoUsd)).toBe(one.costUsd);
    expect(row.unpriced).toBe(one.unpriced?.components);
    expect(row.usageNotes ?? []).toEqual(one.notes ?? []);
    expect(costStateOf({ state: "settled", ...row })).toBe(one.unpriced ? "unpriced" : "measured");
  });
});

describe("case 18: Bedrock's regions", () => {
  const book = bookOf(
    {
      id: "bedrock/anthropic.claude-x-v1:0",
      input: "3.30",
      output: "16.50",
      profiles: ["us", "eu", "apac", "jp"],
    },
    {
      ...{ id: "bedrock/global.anthropic.claude-x-v1:0", input: "3.00", output: "15.00" },
      aliases: ["bedrock/arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"],
    },
  );
  const usage = { inputTokens: 1_000_000, outputTokens: 100_000, totalTokens: 1_100_000 };
  const PROFILE = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/";

  test.each([
    ["anthropic.claude-x-v1:0", "4.95"],
    ...["us", "eu", "apac", "jp"].map((region) => [`${region}.anthropic.claude-x-v1:0`, "4.95"]),
    ["global.anthropic.claude-x-v1:0", "4.5"],
    [`${PROFILE}us.anthropic.claude-x-v1:0`, "4.95"],
    [`${PROFILE}global.anthropic.claude-x-v1:0`, "4.5"],
    ["arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123", "4.5"],
  ])("%s costs %s, and the row says under which price", (model, costUsd) => {
    const price = book.find({ priceId: `bedrock/${model}` }, 0);
    if (price === null) throw new Error("no price");
    const row = booked(price, readingOf({ wire: "bedrock", usage }));
    expect(formatUsd(row.costPicoUsd ?? -1n)).toBe(costUsd);
    const id = costUsd === "4.95" ? "anthropic.claude-x-v1:0" : "global.anthropic.claude-x-v1:0";
    expect([price.id, price.bookVersion]).toEqual([`bedrock/${id}`, "7"]);
  });
});

test("case 19: an unknown model has no price, which is not 0 and no other model's", () => {
  expect(bookOf({ id: "a/b" }).find({ priceId: "a/c" }, 0)).toBeNull();
});

test("case 21: a rate that is left out is not 0, and one of null is no rate", () => {
  const usage = { ...{ prompt_tokens: 10, completion_tokens: 1 }, prompt_cache_hit_tokens: 5 };
  const row = booked(priceIn({}), readingOf({ wire: "openai", usage }));
  expect(row).toMatchObject({ unpriced: "cachedInput" });
  expect(row).not.toHaveProperty("costPicoUsd");
  expect(() => bookOf({ id: "a/b", cached_input: null })).toThrow("prices[0].cached_input: must be");
});

test("case 25: aliases and dated names have a price, and another name in the answer is kept beside it", () => {
  const book = bookOf({ id: "openai/x", aliases: ["azure/my-deployment"] });
  const names = ["x", "x-2026-01-01", "x-latest", "openai/x"].map((name) => `openai/${name}`);
  for (const priceId of [...names, "azure/my-deployment"])
    expect(book.find({ priceId }, 0)?.id).toBe("openai/x");
  const usage = { prompt_tokens: 1_000_000, completion_tokens: 0 };
  const reading = { ...readingOf({ wire: "openai", usage }), model: "x-2026-09-09" };
  const row = booked(priceIn({ input: "2" }), reading);
  expect([row.responseModel, formatUsd(row.costPicoUsd ?? -1n)]).toEqual(["x-2026-09-09", "2"]);
});

test("case 26: a call costs what the price is at its time, whatever it was before and becomes after", () => {
  const at = "2026-05-01T12:00:00Z";
  const book = bookOf({ id: "a/b", input: "4", to: at }, { id: "a/b", input: "3", from: at });
  const inputAt = (time: string) => book.find({ priceId: "a/b" }, Date.parse(time))?.inputPicoUsd;
  expect(inputAt("2026-05-01T11:59:59.999Z")).toBe(4_000_000n);
  expect(inputAt(at)).toBe(3_000_000n);
});

describe("streams", () => {
  const event = (body: object) => `data: ${JSON.stringify(body)}\n\n`;
  const chunk = (content: string, rest: object = {}) => event({ choices: [{ delta: { content } }], ...rest });
  const end = `${event({ choices: [{ delta: {}, finish_reason: "stop" }] })}data: [DONE]\n\n`;

  test("case 30: one without usage is estimated, by a method that is named, and not measured", () => {
    const reading = readCompletion(completionOf(chunk("An ") + chunk("answer") + end), REQUEST);
    const row = booked(priceIn({ input: "3", output: "6" }), reading);
    // 300 bytes of prompt are 100 tokens and 16 for the call, 9 bytes of answer are 3.
    expect(row.estimate).toMatchObject({ method: "utf8-bytes/3", costPicoUsd: 366_000_000n });
    expect([row.usage, row.costPicoUsd]).toEqual([undefined, undefined]);
    expect(costStateOf({ state: "settled", ...row })).toBe("estimated");
  });

  test("case 31: of usage that is told again and again the last counts, not the sum", () => {
    const usage = (completion_tokens: number) => ({ usage: { prompt_tokens: 10, completion_tokens } });
    const text =
      chunk("An ", usage(1)) + chunk("answer", usage(2)) + event({ choices: [], ...usage(3) }) + end;
    const row = booked(priceIn({ input: "1", output: "10" }), readCompletion(completionOf(text), REQUEST));
    expect(row.usage).toMatchObject({ inputTokens: 10, outputTokens: 3 });
    expect(formatUsd(row.costPicoUsd ?? -1n)).toBe("0.00004");
  });
});

test("case 42: ten thousand rows of a tenth of a millionth are a thousandth, and no amount grows a tail", () => {
  const usage = { prompt_tokens: 1, completion_tokens: 0 };
  const tiny = booked(priceIn({ input: "0.1" }), readingOf({ wire: "openai", usage })).costPicoUsd ?? 0n;
  const sum = Array.from({ length: 10_000 }).reduce((total: bigint) => total + tiny, 0n);
  expect([formatUsd(tiny), formatUsd(sum)]).toEqual(["0.0000001", "0.001"]);
  const long = { prompt_tokens: 1_615, completion_tokens: 0 };
  const row = booked(priceIn({ input: "1" }), readingOf({ wire: "openai", usage: long }));
  expect(formatUsd(row.costPicoUsd ?? -1n)).toBe("0.001615");
});
