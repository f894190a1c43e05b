/** A name that a price may be found under. */
export interface PriceName {
  id: string;
  /** The price must say that it holds for this geography, too. */
  profile?: string;
}

/** Geographies of Bedrock's inference profiles, as they stand before a model's name. */
const PROFILE = /^(us-gov|us|eu|apac|jp|au|ca|global)\.(.+)$/;
/** What some gateways put before a model's name to say how it is called. */
const CALL_STYLES = ["converse", "invoke"];

type Rule = (model: string, group: string) => string;

/** Ways to a looser name, in the order in which they are tried; each leaves a name that it does not fit as it is. */
const RULES: readonly Rule[] = [
  // An ARN: what it names.
  (model) => (model.startsWith("arn:") ? model.slice(model.lastIndexOf("/") + 1) : model),
  // The provider's own name, or a style of call, once more before the model's.
  (model, group) => {
    const [first = "", ...rest] = model.split("/");
    return rest.length > 0 && (first === group || CALL_STYLES.includes(first)) ? rest.join("/") : model;
  },
  // The size of a context at its end: ":200k".
  (model) => model.replace(/:\d+k$/, ""),
  // Bedrock's version of a model: "-v1:0", "-v1".
  (model, group) => (group === "bedrock" ? model.replace(/-v\d+(:\d+)?$/, "") : model),
  (model) => model.replace(/-latest$/, ""),
  (model) => model.replace(/[-@](\d{4}-\d{2}-\d{2}|\d{8})$/, ""),
];

/**
 * The names under which a price may stand in the book, most exact first: the id itself, and what the rules leave of its
 * model, one after another. A regional name of Bedrock comes to the bare one only where that price says so: some
 * regions cost more, and no price is guessed.
 */
export function priceNames(priceId: string): PriceName[] {
  const slash = priceId.indexOf("/");
  const group = priceId.slice(0, Math.max(slash, 0));
  const names = [priceId.slice(slash + 1)];
  for (const rule of RULES) names.push(...names.map((model) => rule(model, group)));
  const models = [...new Set(names)].filter((model) => model !== "");
  const bare = models.flatMap((model) => {
    const [, profile, rest] = PROFILE.exec(model) ?? [];
    return profile === undefined || rest === undefined ? [] : [{ id: idOf(group, rest), profile }];
  });
  return [...models.map((model) => ({ id: idOf(group, model) })), ...(group === "bedrock" ? bare : [])];
}

function idOf(group: string, model: string): string {
  return group === "" ? model : `${group}/${model}`;
}
