import { Decimal } from "./decimal.ts";

/** A model's fields as they stand in the map, numbers as `Decimal`. */
export type MapFields = Readonly<Record<string, unknown>>;

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/**
 * The models of a `model_prices_and_context_window.json`. No number in it ever becomes a float.
 * @throws RangeError when the text is not JSON, not a map of models, or says something twice.
 */
export function readPriceMap(text: string): Map<string, MapFields> {
  const exact: Reviver = (_, value, { source }) =>
    typeof value === "number" ? new Decimal(source ?? "") : value;
  let raw: unknown;
  try {
    // The type of a reviver does not know yet that it is told the source of each value.
    raw = JSON.parse(text, exact as Parameters<typeof JSON.parse>[1]);
  } catch (error) {
    throw new RangeError(`it is not valid JSON, perhaps cut short: ${(error as Error).message}`);
  }
  if (!isRecord(raw) || !Object.values(raw).every(isRecord))
    throw new RangeError("it is not a map of models, each with its fields");
  const twice = repeatedKey(text);
  if (twice !== null) throw new RangeError(`${JSON.stringify(twice)} stands in it twice`);
  return new Map(Object.entries(raw as Record<string, MapFields>));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Decimal);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** JSON.parse keeps the last of two equal keys without a word; of two prices, neither is believed. */
function repeatedKey(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const keys = open.at(-1);
      const key = JSON.parse(last) as string;
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
    last = token;
  }
  return null;
}
