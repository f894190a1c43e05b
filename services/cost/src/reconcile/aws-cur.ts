import { isDay } from "../day.ts";
import { readTable, type TableRow } from "./csv.ts";
import { type Amounts, NOTHING, picoUsdOf, type StatedLine, type Told, wholeOf } from "./stated.ts";

const COLUMNS = [
  "line_item_product_code",
  "line_item_line_item_type",
  "line_item_usage_start_date",
  "line_item_usage_type",
  "line_item_usage_amount",
  "line_item_unblended_cost",
  "line_item_currency_code",
];
/** Columns that say whose calls a line is about. */
const OWNERS = ["line_item_usage_account_id", "line_item_iam_principal"];

/** `USE1-Claude4.6Sonnet-cache-read-input-token-count-cross-region-global`: where, what, and which tokens. */
const TOKENS_OF_MODEL =
  /^(?:[A-Z]{2,4}\d{0,2}-)?(.+?)-(?:mantle-)?(input-tokens|output-tokens|cache-(?:read|write)-(?:input-token-count|tokens))(?:-.*)?$/;
const COMPONENTS: Readonly<Record<string, keyof Amounts>> = {
  "input-tokens": "inputTokens",
  "output-tokens": "outputTokens",
  "cache-read-input-token-count": "cachedInputTokens",
  "cache-read-tokens": "cachedInputTokens",
  "cache-write-input-token-count": "cacheWriteTokens",
  "cache-write-tokens": "cacheWriteTokens",
};
/** Tokens in one unit, as a power of ten. */
const UNITS: Readonly<Record<string, number>> = { "1k tokens": 3, "1m tokens": 6, tokens: 0, token: 0 };
const UNSTATED: Amounts = {
  ...{ calls: null, inputTokens: null, cachedInputTokens: null, cacheWriteTokens: null },
  ...{ outputTokens: null, costPicoUsd: null },
};

/**
 * Reads the lines of Amazon Bedrock from a Cost and Usage Report in CSV, with the names of CUR 2.0 or of the legacy one
 * (`lineItem/UsageType`). Each line is of one kind of tokens; none says how many calls there were.
 * @param owner an account's id or the ARN of an IAM principal; lines of others are left out.
 */
export async function* readCostAndUsageReport(
  lines: AsyncIterable<string>,
  told: Told,
  owner: string | undefined,
): AsyncGenerator<StatedLine> {
  for await (const row of readTable(lines, { required: COLUMNS, rename: snakeCase }, told)) {
    const { line, cell } = row;
    const kind = cell("line_item_line_item_type");
    if (!cell("line_item_product_code").startsWith("AmazonBedrock")) told.leftOut("of other services");
    else if (kind !== "Usage") told.leftOut(`of type ${kind}`);
    else if (owner !== undefined && !OWNERS.some((column) => cell(column) === owner))
      told.leftOut("of other accounts or principals");
    else {
      const stated = statedBy(row);
      if (typeof stated === "string") told.problem(line, stated);
      else yield stated;
    }
  }
}

function statedBy({ line, cell }: TableRow): StatedLine | string {
  const start = cell("line_item_usage_start_date");
  const day = start.slice(0, 10);
  if (!isDay(day) || !/^.{10}(?:[T ][\d:.]+Z?)?$/.test(start)) return "has a start date that is none of UTC";
  const end = cell("line_item_usage_end_date").slice(0, 10);
  if (end !== "" && !(Date.parse(end) - Date.parse(day) <= 86_400_000))
    return "is of more than one day; make the report hourly or daily";
  if (cell("line_item_currency_code") !== "USD") return "is in another currency than USD";
  const costPicoUsd = picoUsdOf(cell("line_item_unblended_cost"));
  if (costPicoUsd === null) return "has a cost that is no amount";
  const usageType = cell("line_item_usage_type");
  const [, model = usageType, tokens = ""] = TOKENS_OF_MODEL.exec(usageType) ?? [];
  const counted = countOf(COMPONENTS[tokens], cell);
  if (typeof counted === "string") return counted;
  const named = modelIn(cell("line_item_resource_id")) ?? model;
  return { line, day, model: named, amounts: { ...counted, costPicoUsd } };
}

/** What is not billed by tokens, such as a guardrail, has none. */
function countOf(component: keyof Amounts | undefined, cell: TableRow["cell"]): Amounts | string {
  const none = { ...NOTHING, calls: null };
  if (component === undefined) return none;
  const unit = cell("pricing_unit").toLowerCase();
  // Without the unit nobody knows what the amount counts: only the money is compared.
  if (unit === "") return UNSTATED;
  const power = UNITS[unit];
  if (power === undefined) return `counts in ${JSON.stringify(unit)}, which is no unit of tokens`;
  const count = wholeOf(cell("line_item_usage_amount"), power);
  return count === null
    ? "has a usage amount that is no whole number of tokens"
    : { ...none, [component]: count };
}

/** The model of a resource that is one, or a system's profile of one; an application's profile says nothing. */
function modelIn(resourceId: string): string | null {
  return /:(?:foundation-model|inference-profile)\/([^/]+)$/.exec(resourceId)?.[1] ?? null;
}

/** `lineItem/UsageType` is `line_item_usage_type`. */
function snakeCase(name: string): string {
  return name
    .replaceAll("/", "_")
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** Words that some names of a model have and others lack. */
const FILLERS = new Set(["instruct", "0"]);

/**
 * What the names of one model have in common: `Claude4.6Sonnet` of the bill and `us.anthropic.claude-sonnet-4-6-20260101-v1:0` of a
 * call are both the words 4, 6, claude and sonnet, in whatever order.
 */
export function bedrockName(model: string): string {
  const plain = model
    .slice(model.lastIndexOf("/") + 1)
    .replace(/^(?:us|us-gov|eu|apac|jp|au|ca|in|global)\./, "")
    .replace(/^[a-z][a-z\d]*\.(?=[a-z])/, "")
    .replace(/(?:-v?\d+)?:\d.*$/, "")
    .replace(/-v\d+$/, "")
    .replace(/-\d{8}$/, "");
  const words = plain.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [plain];
  const telling = words.map((word) => word.toLowerCase()).filter((word) => !FILLERS.has(word));
  return telling.sort().join(" ");
}
