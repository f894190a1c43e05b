import { utcDayOf } from "../day.ts";
import { readTable, type TableRow } from "./csv.ts";
import { picoUsdOf, type StatedLine, type Told, wholeOf } from "./stated.ts";

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
    const bucket = bucketOf(row);
    if ("problem" in bucket) {
      told.problem(line, bucket.problem);
      continue;
    }
    const stated = cell("amount_value") === "" ? usageOf(row) : costOf(row);
    // A bucket without usage is of nobody's key, and says that there was none.
    if (stated === null) told.leftOut("without usage", bucket.day);
    else if (owner !== undefined && !OWNERS.some((column) => cell(column) === owner))
      told.leftOut("of other keys or projects", bucket.day);
    else if (typeof stated === "string") told.problem(line, stated);
    else yield { line, ...bucket, ...stated };
  }
}

/** What a line says of a model on the day of its bucket, or what is wrong with it. */
type Stated = Pick<StatedLine, "model" | "amounts">;

/** Null where a bucket of time holds nothing. */
function usageOf({ cell }: TableRow): Stated | string | null {
  const texts = USAGE_COLUMNS.map(cell);
  if (texts.every((text) => text === "")) return null;
  const [prompt, cached, output, calls] = texts.map((text) => wholeOf(text));
  if (prompt == null || cached == null || output == null || calls == null)
    return `has no whole numbers in ${USAGE_COLUMNS.join(", ")}`;
  if (cached > prompt) return "has more cached tokens than the prompt has";
  const model = cell("model");
  if (model === "") return "names no model; export the usage grouped by model";
  const inputTokens = prompt - cached;
  const tokens = { inputTokens, cachedInputTokens: cached, cacheWriteTokens: null, outputTokens: output };
  return { model, amounts: { calls, ...tokens, costPicoUsd: null } };
}

function costOf({ cell }: TableRow): Stated | string {
  const costPicoUsd = picoUsdOf(cell("amount_value"));
  if (costPicoUsd === null) return "has an amount_value that is no amount";
  if (cell("amount_currency").toLowerCase() !== "usd") return "is in another currency than USD";
  // Such as `gpt-4.1-nano-2025-04-14, input`.
  const [model = ""] = cell("line_item").split(", ");
  if (model === "") return "names no line item; export the costs grouped by line item";
  const tokens = { inputTokens: null, cachedInputTokens: null, cacheWriteTokens: null, outputTokens: null };
  return { model, amounts: { calls: null, ...tokens, costPicoUsd } };
}

/** The day of what a line is about: by it is compared, so a bucket must lie in one. */
function bucketOf({ cell }: TableRow): { day: string } | { problem: string } {
  const [start, end] = [wholeOf(cell("start_time")), wholeOf(cell("end_time"))];
  if (start === null || end === null || end <= start || end > 253_402_300_799)
    return { problem: "has a start_time or end_time that is none" };
  if (Math.floor(start / DAY_SECONDS) !== Math.floor((end - 1) / DAY_SECONDS))
    return { problem: "is of more than one day of UTC; export it by day, hour or minute" };
  return { day: utcDayOf(start * 1_000) };
}
