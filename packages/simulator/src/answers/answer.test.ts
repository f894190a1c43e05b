import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerTo, nonsenseFor } from "./answer.ts";
import { countTokens } from "./tokens.ts";

function ask(model: string, text: string, maxOutputTokens?: number, seed = "1") {
  return answerTo({ model, messages: [{ role: "user", text }], maxOutputTokens }, seed);
}

it("the same seed, model and prompt get the same answer, usage and latency", () => {
  const prompt = "Compare three designs for a queue";
  expect(ask("sim-large", prompt)).toEqual(ask("sim-large", prompt));
});

it("another seed, model or prompt changes what is drawn", () => {
  const base = ask("sim-large", "Compare three designs for a queue");
  const others = [
    ask("sim-large", "Compare three designs for a queue", undefined, "2"),
    ask("sim-large-2", "Compare three designs for a queue"),
    ask("sim-large", "Compare two designs for a queue"),
  ];
  for (const other of others) expect(other.latencyMs).not.toBe(base.latencyMs);
});

it.each([
  ["Who wrote Faust?", "SIMPLE"],
  ["What is 17 * 23?", "CALCULATION"],
  ["Design a queue and prove that it loses nothing", "COMPLEX"],
])("sorts %j as %s where the request asks for a class", (asked, expected) => {
  const system = 'Answer with one JSON object: {"class":"SIMPLE|CALCULATION|COMPLEX"}';
  const shown = `<conversation>\n<message role="user">${asked}</message>\n</conversation>`;
  const messages = [
    { role: "system", text: system },
    { role: "user", text: shown },
  ];
  expect(answerTo({ model: "sim-large", messages }, "1").text).toBe(JSON.stringify({ class: expected }));
});

it("nonsense is billed for what it says, and is what the bill says that was answered", () => {
  const answer = ask("sim-small", "What is the capital of France?");
  const nonsense = nonsenseFor(answer);
  expect(nonsense.text).not.toBe(answer.text);
  expect(nonsense.usage).toEqual({ ...answer.usage, outputTokens: countTokens(nonsense.text) });
  expect(nonsense.answerSha256).toBe(createHash("sha256").update(nonsense.text).digest("hex"));
});

describe("the text", () => {
  it.each([
    ["What is the capital of France?", "Paris."],
    ["Capital of Peru?", "Lima."],
    ["capital of the United States", "Washington, D.C."],
    ["What is 17 times 23?", "391"],
    ["", "There is nothing to answer."],
  ])("%s → %s", (prompt, expected) => {
    expect(ask("sim-small", prompt).text).toBe(expected);
  });

  it("repeats the beginning of any other prompt", () => {
    expect(ask("sim-small", "Describe a lighthouse").text).toMatch(
      /^(In short|Briefly|To sum up): Describe a lighthouse$/,
    );
  });

  it("answers the last thing the user said", () => {
    const messages = [
      { role: "user", text: "Capital of Peru?" },
      { role: "assistant", text: "Lima." },
      { role: "user", text: "2 + 2" },
      { role: "assistant", text: "Let me think" },
    ];
    expect(answerTo({ model: "sim-small", messages }, "1").text).toBe("4");
  });
});

it("no answer costs more tokens than were allowed, and one that was cut says so", () => {
  const models = fc.constantFrom("sim-small", "sim-math", "sim-large");
  fc.assert(
    fc.property(
      models,
      fc.string({ unit: "grapheme", maxLength: 400 }),
      fc.integer({ min: 1, max: 500 }),
      (model, text, limit) => {
        const whole = ask(model, text);
        const cut = ask(model, text, limit);
        expect(cut.usage.outputTokens).toBeLessThanOrEqual(limit);
        expect(whole.text.startsWith(cut.text)).toBe(true);
        expect(cut.isCutShort).toBe(cut.text !== whole.text);
      },
    ),
  );
});

it("output tokens are the visible ones and the thinking of a model that thinks", () => {
  const large = ask("sim-large", "Describe a lighthouse");
  expect(large.usage.reasoningTokens).toBeGreaterThanOrEqual(120);
  expect(large.usage.outputTokens).toBe(countTokens(large.text) + large.usage.reasoningTokens);
  expect(ask("sim-small", "Describe a lighthouse").usage.reasoningTokens).toBe(0);
});

it("prompt tokens are a quarter of the bytes and an overhead for each message", () => {
  expect(ask("sim-small", "é".repeat(10)).usage.inputTokens).toBe(5 + 4 + 3);
});

it("the digests are those of the prompt and of the answer", () => {
  const answer = ask("sim-small", "Capital of Peru?");
  expect(answer.promptSha256).toBe(createHash("sha256").update("Capital of Peru?").digest("hex"));
  expect(answer.answerSha256).toBe(createHash("sha256").update("Lima.").digest("hex"));
});
