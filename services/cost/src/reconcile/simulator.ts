import { isDay, utcDayOf } from "../day.ts";
import type { StatedLine, Told } from "./stated.ts";

/**
 * Reads the bill of the simulated provider, one JSON object a line for each call, as `GET /bill` answers it. It names our
 * attempt, so that each call is compared by itself.
 */
export async function* readSimulatorBill(
  lines: AsyncIterable<string>,
  told: Told,
): AsyncGenerator<StatedLine> {
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text === "") continue;
    const stated = statedBy(text, line);
    if (typeof stated === "string") told.problem(line, stated);
    else yield stated;
  }
}

/** A call that is settled by its line keeps it. */
const MAX_LINE_LENGTH = 4_096;

/** What the line says, or what is wrong with it. */
function statedBy(raw: string, line: number): StatedLine | string {
  if (raw.length > MAX_LINE_LENGTH) return "is too long";
  const bill = parsed(raw);
  if (bill === null) return "is no JSON object";
  const { attemptId, requestId, model, costPicoUsd } = bill;
  const counts = ["inputTokens", "cachedInputTokens", "outputTokens", "startedAtMs"].map(
    (name) => bill[name],
  );
  if (!counts.every((count) => Number.isSafeInteger(count) && (count as number) >= 0))
    return "has tokens or a time that are no whole numbers";
  const [prompt = 0, cached = 0, output = 0, startedAtMs = 0] = counts as number[];
  if (cached > prompt) return "has more cached tokens than the prompt has";
  if (typeof requestId !== "string" || typeof model !== "string") return "has no requestId or no model";
  if (attemptId !== null && typeof attemptId !== "string") return "has no attemptId";
  if (typeof costPicoUsd !== "string" || !/^\d{1,30}$/.test(costPicoUsd))
    return "has no costPicoUsd in whole pico-dollars";
  const day = startedAtMs > 8.64e15 ? "" : utcDayOf(startedAtMs);
  if (!isDay(day)) return "has a time that is none";
  return {
    ...{ line, day, model, call: { attemptId, requestId, raw } },
    amounts: {
      ...{ calls: 1, inputTokens: prompt - cached, cachedInputTokens: cached, cacheWriteTokens: 0 },
      ...{ outputTokens: output, costPicoUsd: BigInt(costPicoUsd) },
    },
  };
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
