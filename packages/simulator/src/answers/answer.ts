import { createHash } from "node:crypto";
import { modelNamed } from "../models.ts";
import { between, type Random, seededRandom } from "../seeded-random.ts";
import { answerArithmetic } from "./arithmetic.ts";
import { answerCapital } from "./capitals.ts";
import { answerChoice } from "./judgement.ts";
import { summarise } from "./summary.ts";
import { countMessageTokens, countTokens, cutToTokens } from "./tokens.ts";

interface ChatMessage {
  readonly role: string;
  readonly text: string;
}

export interface Question {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxOutputTokens?: number | undefined;
}

export interface Usage {
  /** Every token of the prompt, those read from the cache included. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  /** Every token written, those spent on reasoning included. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

export interface Answer {
  readonly text: string;
  readonly isCutShort: boolean;
  readonly usage: Usage;
  /** How long this answer takes at latency scale 1. */
  readonly latencyMs: number;
  readonly promptSha256: string;
  readonly answerSha256: string;
}

/** An answer that has nothing to do with what was asked, and is billed for what it says. */
export function nonsenseFor(answer: Answer): Answer {
  const text = "The weather is fine where I am.";
  const usage = { ...answer.usage, outputTokens: countTokens(text) + answer.usage.reasoningTokens };
  return { ...answer, text, isCutShort: false, usage, answerSha256: sha256(text) };
}

/** What a call is answered: a function of the seed, the model and the messages alone. */
export function answerTo(question: Question, seed: string): Answer {
  const model = modelNamed(question.model);
  const promptSha256 = sha256(question.messages.map(({ text }) => text).join("\n"));
  const random = seededRandom(seed, question.model, promptSha256);
  const limit = question.maxOutputTokens ?? Number.POSITIVE_INFINITY;

  // Thinking may take half the allowance, so that a small one still buys an answer.
  const thinking = between(random, model.reasoningTokens.from, model.reasoningTokens.to);
  const reasoningTokens = Math.min(thinking, Math.floor(limit / 2));
  const fullText = composeText(question, model.summaryWords, random);
  const text = cutToTokens(fullText, limit - reasoningTokens);
  return {
    text,
    isCutShort: text.length < fullText.length,
    usage: {
      inputTokens: countMessageTokens(question.messages),
      cachedInputTokens: 0,
      outputTokens: countTokens(text) + reasoningTokens,
      reasoningTokens,
    },
    latencyMs: Math.round(model.latencyMs * spread(random)),
    promptSha256,
    answerSha256: sha256(text),
  };
}

function composeText(question: Question, summaryWords: number, random: Random): string {
  const asked = question.messages.findLast(({ role }) => role === "user") ?? question.messages.at(-1);
  const text = asked?.text ?? "";
  const system = question.messages.find(({ role }) => role === "system")?.text ?? "";
  return (
    answerChoice(system, text) ??
    answerCapital(text) ??
    answerArithmetic(text) ??
    summarise(text, summaryWords, random)
  );
}

/** From 0.8 to 1.4 with a mean of 1: most answers are a little fast, some are slow, as with a real provider. */
function spread(random: Random): number {
  return 0.8 + 0.6 * random() ** 2;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
