import { utcDayOf } from "../day.ts";
import { readTable, type TableRow } from "./csv.ts";
import { type Amounts, picoUsdOf, type StatedLine, type Told, wholeOf } from "./stated.ts";

const DAY_SECONDS = 86_400;
/** Columns that say whose calls a line is about. */
const OWNERS = ["api_key_id", "project_id"];
const USAGE_COLUMNS = ["input_tokens", "input_cached_tokens", "output_tokens", "num_model_requests"] as const;

/**
 * Reads either CSV that the usage page of an OpenAI organisation exports, told apart by their columns: of usage
 * (`completions_usage_…csv`: tokens and requests by model, no money) and of costs (`amount_value` by `line_item`, no tokens).
 * @param owner the id of an API key or a project; lines of others are left out.
 */
export async function* readOpenAiExport(
  lines: AsyncIterable<string>,
  told: Told,
  owner: string | undefined,
): AsyncGenerator<StatedLine> {
  for await (const row of readTable(lines, { required: ["start_time", "end_time"] }, told)) {
    const { line, cell } = row;
    if (owner !== undefined && !OWNERS.some((column) => cell(column) === owner)) {
      told.leftOut("of other keys or projects");
      continue;
    }
    const stated = cell("amount_value") === "" ? usageOf(row) : costOf(row);
    if (stated === null) told.leftOut("without usage");
    else if (typeof stated === "string") told.problem(line, stated);
    else yield stated;
  }
}

/** Null where a bucket of time holds nothing. */
function usageOf(row: TableRow): StatedLine | string | null {
  const { cell } = row;
  const texts = USAGE_COLUMNS.map(cell);
  if (texts.every((text) => text === "")) return null;
  const [prompt, cached, output, calls] = texts.map((text) => wholeOf(text));
  if (prompt == null || cached == null || output == null || calls == null)
    return `has no whole numbers in ${USAGE_COLUMNS.join(", ")}`;
  if (cached > prompt) return "has more cached tokens than the prompt has";
  const model = cell("model");
  if (model === "") return "names no model; export the usage grouped by model";
  const inputTokens = prompt - cached;
  return statedOf(row, model, {
    ...{ calls, inputTokens, cachedInputTokens: cached, outputTokens: output },
    ...{ cacheWriteTokens: null, costPicoUsd: null },
  });
}

function costOf(row: TableRow): StatedLine | string {
  const { cell } = row;
  const costPicoUsd = picoUsdOf(cell("amount_value"));
  if (costPicoUsd === null) return "has an amount_value that is no amount";
  if (cell("amount_currency").toLowerCase() !== "usd") return "is in another currency than USD";
  // Such as `gpt-4.1-nano-2025-04-14, input`.
  const [model = ""] = cell("line_item").split(", ");
  if (model === "") return "names no line item; export the costs grouped by line item";
  return statedOf(row, model, {
    ...{ calls: null, inputTokens: null, cachedInputTokens: null, cacheWriteTokens: null },
    ...{ outputTokens: null, costPicoUsd },
  });
}

function statedOf({ line, cell }: TableRow, model: string, amounts: Amounts): StatedLine | string {
  const [start, end] = [wholeOf(cell("start_time")), wholeOf(cell("end_time"))];
  if (start === null || end === null || end <= start || end > 253_402_300_799)
    return "has a start_time or end_time that is none";
  // By the day it is compared, so a bucket must lie in one.
  if (Math.floor(start / DAY_SECONDS) !== Math.floor((end - 1) / DAY_SECONDS))
    return "is of more than one day of UTC; export it by day, hour or minute";
  return { line, day: utcDayOf(start * 1_000), model, amounts };
}
