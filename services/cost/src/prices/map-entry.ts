import type { PriceEntry } from "@switchyard/shared/pricing";
import { compareDecimals, Decimal, shifted } from "./decimal.ts";
import { isUnknownPrice, type RateField, REQUEST_FEE, rateField } from "./map-fields.ts";
import type { MapFields } from "./price-map.ts";

export type NewEntry = Omit<PriceEntry, "source">;

/** An entry of the price book, why there is none to be, or what there is to doubt. */
export type ReadEntry = { entry: NewEntry } | { leftOut: string } | { doubts: string[] };

const MODES: readonly unknown[] = ["chat", "completion", "responses"];
/** Providers whose name in the map is not the one in the price book. */
const GROUPS: Readonly<Record<string, string>> = {
  bedrock_converse: "bedrock",
  "text-completion-openai": "openai",
};
/** Where long prompts begin with the number of tokens itself; elsewhere with one more. */
const COMPARATORS: Readonly<Record<string, ">" | ">=">> = { xai: ">=" };

/** The most that a million tokens have ever cost is below these; most rates in another unit are far above. */
const MOST_USD_PER_MILLION = { prompt: "200", answer: "1000" };
const LEAST_USD_PER_MILLION = "0.0001";
const MOST_USD_PER_REQUEST = "10";

/** One model of the map as an entry of the price book. */
export function entryOf(key: string, fields: MapFields): ReadEntry {
  const { litellm_provider: provider, mode } = fields;
  if (!MODES.includes(mode)) return { leftOut: `mode ${typeof mode === "string" ? mode : "not stated"}` };
  if (typeof provider !== "string" || !/^[a-z0-9_.-]+$/i.test(provider))
    return { leftOut: "provider not stated" };
  const isStated = (name: string) => fields[name] !== undefined && fields[name] !== null;
  if (!isStated("input_cost_per_token") || !isStated("output_cost_per_token"))
    return { leftOut: "not priced by tokens" };
  const names = Object.keys(fields).filter(isStated);
  const group = GROUPS[provider] ?? provider;
  const doubts = names.filter(isUnknownPrice).map((name) => `${name} is a price of something unknown`);
  const rates = names.flatMap((name) => readRate(name, fields[name], doubts));
  const fee = readFee(fields[REQUEST_FEE], doubts);
  doubts.push(...ratioDoubts(rates));
  if (doubts.length > 0) return { doubts: doubts.map((doubt) => `${key}: ${doubt}`) };
  const { base, tiers } = tiersOf(rates, COMPARATORS[group] ?? ">");
  return {
    entry: {
      id: idOf(key, provider, group),
      ...(base as Pick<PriceEntry, "input" | "output">),
      ...(fee === null ? {} : { per_request: fee }),
      ...(tiers.length === 0 ? {} : { tiers }),
    },
  };
}

/** `gpt-x` and `openai/gpt-x` of OpenAI are one: what stands before the model is the book's own name of the provider. */
function idOf(key: string, provider: string, group: string): string {
  const prefix = [provider, group].find((name) => key.startsWith(`${name}/`));
  return `${group}/${prefix === undefined ? key : key.slice(prefix.length + 1)}`;
}

type Rate = RateField & { name: string; text: string };

function readRate(name: string, value: unknown, doubts: string[]): Rate[] {
  const field = rateField(name);
  if (field === null) return [];
  const text = value instanceof Decimal ? shifted(value.text, 6) : null;
  const [, fraction = ""] = text?.split(".") ?? [];
  if (text === null || fraction.length > 6) {
    doubts.push(`${name} is no price in whole pico-dollars: ${shown(value)}`);
    return [];
  }
  const isAnswer = field.component === "output" || field.component === "reasoning";
  const most = MOST_USD_PER_MILLION[isAnswer ? "answer" : "prompt"];
  const isFree = compareDecimals(text, "0") === 0;
  if (compareDecimals(text, most) > 0 || (!isFree && compareDecimals(text, LEAST_USD_PER_MILLION) < 0))
    doubts.push(`${name} is ${text} USD per million tokens, perhaps a price of another unit`);
  return [{ ...field, name, text }];
}

function readFee(value: unknown, doubts: string[]): string | null {
  if (value === undefined || value === null) return null;
  const text = value instanceof Decimal ? shifted(value.text, 0) : null;
  if (text !== null && compareDecimals(text, MOST_USD_PER_REQUEST) <= 0 && text.length <= 16)
    return compareDecimals(text, "0") === 0 ? null : text;
  doubts.push(`${REQUEST_FEE} is no fee for a call: ${shown(value)}`);
  return null;
}

/** What is read from a cache never costs more than what is not. */
function ratioDoubts(rates: readonly Rate[]): string[] {
  return rates.flatMap((cached) => {
    if (cached.component !== "cached_input") return [];
    const full = rates.find((rate) => rate.component === "input" && placeOf(rate) === placeOf(cached));
    if (full === undefined || compareDecimals(cached.text, full.text) <= 0) return [];
    return [`${cached.name} is above ${full.name}`];
  });
}

function placeOf({ serviceTier, contextTokens }: RateField): string {
  return `${serviceTier} ${contextTokens}`;
}

function tiersOf(rates: readonly Rate[], comparator: ">" | ">=") {
  const groups = Map.groupBy(rates, placeOf);
  const ratesIn = (group: readonly Rate[]) =>
    Object.fromEntries(group.map(({ component, text }) => [component, text]));
  const tiers = [...groups.values()].flatMap((group) => {
    const { serviceTier, contextTokens: tokens } = group[0] as Rate;
    if (serviceTier === "default" && tokens === null) return [];
    const context = tokens === null ? {} : { context: { comparator, tokens } };
    return [{ service_tier: serviceTier, ...context, ...ratesIn(group) }];
  });
  return { base: ratesIn(groups.get("default null") ?? []), tiers };
}

function shown(value: unknown): string {
  return value instanceof Decimal ? value.text.slice(0, 40) : JSON.stringify(value).slice(0, 40);
}
