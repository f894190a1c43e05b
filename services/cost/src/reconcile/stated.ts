import { parseUsd } from "@switchyard/shared/pricing";
import { shifted } from "../prices/decimal.ts";

/** What one side says of a call, or of many; null: it does not say. Tokens are in parts that do not overlap. */
export interface Amounts {
  calls: number | null;
  inputTokens: number | null;
  cachedInputTokens: number | null;
  cacheWriteTokens: number | null;
  outputTokens: number | null;
  costPicoUsd: bigint | null;
}

export const TOKEN_NAMES = [
  "inputTokens",
  "cachedInputTokens",
  "cacheWriteTokens",
  "outputTokens",
] as const satisfies readonly (keyof Amounts)[];

export const NOTHING: Amounts = {
  ...{ calls: 0, inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 },
  costPicoUsd: 0n,
};

/** A line of a provider's file, in our words. */
export interface StatedLine {
  /** Counted from 1, as editors do. */
  line: number;
  /** The UTC day, such as `2026-01-31`. */
  day: string;
  /** As the provider calls it. */
  model: string;
  amounts: Amounts;
  /** Of a file that has a line for each call: what tells the call. */
  call?: StatedCall;
}

export interface StatedCall {
  attemptId: string | null;
  requestId: string;
  /** The line as it stands. */
  raw: string;
}

/** What a reader does with what it cannot take, and with what is not ours. */
export interface Told {
  problem: (line: number, text: string) => void;
  /** A line that is of no concern, by the reason why; it may say all the same that the file covers a day. */
  leftOut: (reason: string, day?: string) => void;
}

/** A count as exports write it, such as `59200` or `59200.0`; null for what is none. */
export function wholeOf(text: string, powerOfTen = 0): number | null {
  const number = shifted(text, powerOfTen);
  if (number === null || !/^\d{1,15}$/.test(number)) return null;
  return Number(number);
}

/**
 * An amount of USD as exports write it, below 0 where something is taken back; what is finer than a pico-dollar is rounded to the
 * nearest. Null for what is none.
 */
export function picoUsdOf(text: string): bigint | null {
  const isNegative = text.startsWith("-");
  const amount = shifted(isNegative ? text.slice(1) : text, 0);
  if (amount === null) return null;
  const [whole = "0", fraction = ""] = amount.split(".");
  const exact = parseUsd(`${whole}.${fraction.slice(0, 12).padEnd(12, "0")}`);
  const rounded = (fraction[12] ?? "0") >= "5" ? exact + 1n : exact;
  return isNegative ? -rounded : rounded;
}
