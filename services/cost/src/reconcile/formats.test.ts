import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bedrockName } from "./aws-cur.ts";
import { FORMATS } from "./formats.ts";
import type { StatedLine } from "./stated.ts";

/** Reads a text as a file of that format: what it states, what was wrong, and how many lines were of no concern. */
async function read(format: string, text: string, owner?: string) {
  const stated: StatedLine[] = [];
  const problems: string[] = [];
  let leftOut = 0;
  const told = {
    problem: (line: number, problem: string) => void problems.push(`${line} ${problem}`),
    leftOut: () => {
      leftOut += 1;
    },
  };
  async function* lines() {
    yield* text.replace(/\n$/, "").split("\n");
  }
  for await (const line of FORMATS[format]?.read(lines(), told, owner) ?? []) stated.push(line);
  return { stated, problems, leftOut };
}

const fixture = (name: string) => readFileSync(new URL(`__fixtures__/${name}`, import.meta.url), "utf8");

const USAGE_HEADER =
  "start_time,end_time,model,input_tokens,input_cached_tokens,output_tokens,num_model_requests";

describe("an OpenAI usage export", () => {
  it("is read by day and model, with cached tokens apart from the others", async () => {
    const { stated, problems, leftOut } = await read("openai", fixture("openai-completions-usage.csv"));
    expect(problems).toEqual([]);
    expect(leftOut).toBe(1);
    expect(stated[0]).toEqual({
      ...{ line: 2, day: "2025-10-05", model: "gpt-4.1-nano-2025-04-14" },
      amounts: {
        ...{ calls: 10, inputTokens: 53_440, cachedInputTokens: 5_760, cacheWriteTokens: null },
        ...{ outputTokens: 10_646, costPicoUsd: null },
      },
    });
    expect(stated).toHaveLength(3);
  });

  it("is read for one key or project alone where that is asked for", async () => {
    const text = fixture("openai-completions-usage.csv");
    expect((await read("openai", text, "key_one")).stated.map(({ line }) => line)).toEqual([2]);
    expect((await read("openai", text, "proj_main")).stated).toHaveLength(3);
  });

  it.each([
    ["1759622400,1759708800,m,1.5,0,1,1", /no whole numbers/],
    ["1759622400,1759708800,m,-1,0,1,1", /no whole numbers/],
    ["1759622400,1759708800,m,1e400,0,1,1", /no whole numbers/],
    ["1759622400,1759708800,m,1,2,1,1", /more cached tokens/],
    ["1759622400,1759708800,,1,0,1,1", /names no model/],
    ["1759622400,1760313600,m,1,0,1,1", /more than one day/],
    ["1759622460,1759708860,m,1,0,1,1", /more than one day/],
    ["x,1759708800,m,1,0,1,1", /start_time/],
    ["1759622400,1759708800,m,1,0,1", /has 6 fields, the header 7/],
  ])("is refused with the line where it says %s", async (line, problem) => {
    const { stated, problems } = await read("openai", `${USAGE_HEADER}\n${line}`);
    expect(stated).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems[0]).toMatch(/^2 /);
  });

  it("is refused without the columns of its time", async () => {
    const { problems } = await read("openai", "date,model\n2026-01-01,m");
    expect(problems).toEqual(["1 has no column start_time", "1 has no column end_time"]);
  });
});

describe("an OpenAI costs export", () => {
  it("is read as money by model, to the pico-dollar", async () => {
    const { stated, problems } = await read("openai", fixture("openai-costs.csv"));
    expect(problems).toEqual([]);
    expect(stated.map(({ model, amounts }) => [model, amounts.costPicoUsd])).toEqual([
      ["gpt-4.1-nano-2025-04-14", 895_874_000_000n],
      ["gpt-4.1-nano-2025-04-14", 554_571_250_001n],
    ]);
    expect(stated[0]?.amounts.inputTokens).toBeNull();
  });

  it("is refused in another currency, without line items or with what is no amount", async () => {
    const header = "start_time,end_time,amount_value,amount_currency,line_item";
    const rows = ["1,eur,a", "1,usd,", "one,usd,a"].map((row) => `1759622400,1759708800,${row}`);
    const { problems } = await read("openai", [header, ...rows].join("\n"));
    expect(problems).toEqual([
      expect.stringMatching(/^2 .*currency/),
      expect.stringMatching(/^3 .*line item/),
      expect.stringMatching(/^4 .*no amount/),
    ]);
  });
});

describe("a Cost and Usage Report", () => {
  it("is read for Bedrock alone, each line for the tokens that it is of", async () => {
    const { stated, problems, leftOut } = await read("aws-cur", fixture("aws-cur.csv"));
    expect(problems).toEqual([]);
    expect(leftOut).toBe(2);
    const read4 = stated
      .slice(0, 4)
      .map(({ amounts }) => [
        amounts.inputTokens,
        amounts.outputTokens,
        amounts.cachedInputTokens,
        amounts.cacheWriteTokens,
        amounts.costPicoUsd,
      ]);
    expect(read4).toEqual([
      [29_481, 0, 0, 0, 97_287_300_000n],
      [0, 31_102, 0, 0, 513_183_000_000n],
      [0, 0, 5_372_659, 0, 1_772_977_470_000n],
      [0, 0, 0, 433_893, 1_789_808_625_000n],
    ]);
    expect(new Set(stated.slice(0, 4).map(({ model }) => bedrockName(model))).size).toBe(1);
    expect(stated.map(({ day }) => day)).toEqual([
      "2026-05-30",
      "2026-05-30",
      "2026-05-30",
      "2026-05-30",
      "2026-05-31",
      "2026-05-31",
    ]);
  });

  it("is read as well by the names of the legacy report", async () => {
    const legacy = fixture("aws-cur.csv")
      .split("\n")
      .map((line, index) => (index === 0 ? line.replace(/line_item_(\w+)/g, legacyName) : line))
      .join("\n");
    expect(legacy).toContain("lineItem/UsageType");
    expect((await read("aws-cur", legacy)).stated).toEqual(
      (await read("aws-cur", fixture("aws-cur.csv"))).stated,
    );
  });

  it("without the unit of its amounts says nothing of tokens, and with a strange one is refused", async () => {
    const text = fixture("aws-cur.csv");
    const { stated } = await read("aws-cur", text.replace("pricing_unit", "other"));
    expect(stated[0]?.amounts).toMatchObject({ inputTokens: null, costPicoUsd: 97_287_300_000n });
    const { problems } = await read("aws-cur", text.replace("1K tokens", "Hrs"));
    expect(problems).toEqual([expect.stringMatching(/^2 counts in "hrs"/)]);
  });

  it("counts amounts with an exponent, and refuses a part of a token", async () => {
    const text = fixture("aws-cur.csv");
    expect((await read("aws-cur", text.replace("29.481", "2.9481E1"))).stated[0]?.amounts.inputTokens).toBe(
      29_481,
    );
    expect((await read("aws-cur", text.replace("29.481", "29.4815"))).problems).toEqual([
      expect.stringMatching(/^2 has a usage amount/),
    ]);
  });
});

function legacyName(_: string, name: string): string {
  const words = name.split("_").map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`);
  return `lineItem/${words.join("")}`;
}

describe("a model of Bedrock", () => {
  it.each([
    ["Claude4.6Sonnet", "us.anthropic.claude-sonnet-4-6-20260101-v1:0"],
    ["Claude3.5Haiku", "anthropic.claude-3-5-haiku-20241022-v1:0"],
    ["NovaLite", "amazon.nova-lite-v1:0"],
    ["Nova2.0Lite", "arn:aws:bedrock:us-east-1:1:inference-profile/global.amazon.nova-2-lite-v1:0"],
    ["Llama3-3-70B", "us.meta.llama3-3-70b-instruct-v1:0"],
    ["zai.glm-4.7", "zai.glm-4.7"],
  ])("is the same as %s of the bill and %s of a call", (billed, called) => {
    expect(bedrockName(billed)).toBe(bedrockName(called));
  });

  it("is not another one", () => {
    const names = [
      "Claude4.6Sonnet",
      "Claude4.5Sonnet",
      "Claude4.6Opus",
      "NovaLite",
      "NovaPro",
      "Nova2.0Lite",
    ];
    expect(new Set(names.map(bedrockName)).size).toBe(names.length);
  });
});

describe("the simulator's bill", () => {
  const line = {
    ...{ attemptId: "job_1.1", jobId: "job_1", requestId: "r", model: "sim-small", wire: "openai" },
    ...{ inputTokens: 10, cachedInputTokens: 4, outputTokens: 2, costPicoUsd: "44" },
    ...{ startedAtMs: Date.UTC(2026, 5, 1, 23), endedAtMs: Date.UTC(2026, 5, 2) },
  };

  it("is read call by call", async () => {
    const { stated } = await read("simulator", JSON.stringify(line));
    expect(stated[0]).toMatchObject({
      ...{ day: "2026-06-01", model: "sim-small", call: { attemptId: "job_1.1", requestId: "r" } },
      amounts: { calls: 1, inputTokens: 6, cachedInputTokens: 4, outputTokens: 2, costPicoUsd: 44n },
    });
  });

  it("is refused with the line where it was torn, or counts or costs what cannot be", async () => {
    const wrong = [
      { ...line, inputTokens: 1.5 },
      { ...line, cachedInputTokens: 11 },
      { ...line, costPicoUsd: 44 },
      { ...line, costPicoUsd: "-1" },
      { ...line, startedAtMs: 9e15 },
      { ...line, requestId: undefined },
    ].map((each) => JSON.stringify(each));
    const { stated, problems } = await read(
      "simulator",
      [...wrong, JSON.stringify(line).slice(0, 40)].join("\n"),
    );
    expect(stated).toEqual([]);
    expect(problems.map((text) => text.split(" ")[0])).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  });
});
