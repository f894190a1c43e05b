import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { CalculationRoute } from "./evaluate-outcomes.ts";
import type { ModelFields } from "./outcome-row.ts";

export interface RoutingArguments {
  readonly labelled: readonly string[];
  readonly outcomes: readonly string[];
  /** What the length rule is fitted to; empty for the evaluated rows themselves. */
  readonly lengthTrain: readonly string[];
  /** The result file; null for `bench/results/routing-<name>.json`. */
  readonly out: string | null;
  readonly isWritten: boolean;
  readonly seed: number;
  readonly calculation: CalculationRoute;
  readonly models: ModelFields;
  readonly isTrainedExcluded: boolean;
}

const OPTIONS = {
  labelled: { type: "string", multiple: true },
  outcomes: { type: "string", multiple: true },
  "length-train": { type: "string", multiple: true },
  out: { type: "string" },
  "no-write": { type: "boolean" },
  seed: { type: "string" },
  calculation: { type: "string" },
  cheap: { type: "string" },
  strong: { type: "string" },
  "exclude-trained": { type: "boolean" },
} as const;

/** Options that take every word up to the next option: `--labelled a.jsonl b.jsonl.gz`. */
const LISTS = ["labelled", "outcomes", "length-train"] as const;

export const ROUTING_USAGE = `usage: npm run bench:routing -- [options]
  --labelled FILE…      labelled prompts as JSON lines, also gzipped: {prompt | messages, label, source?, lang?, slice?}
  --outcomes FILE…      scores of a cheap and a strong model per prompt: {prompt, cheap_score, strong_score}
  --length-train FILE…  what the length rule is fitted to, instead of the evaluated rows
  --calculation WHERE   cheap or strong: where CALCULATION goes (strong)
  --cheap FIELD, --strong FIELD   the fields of the two models' scores
  --exclude-trained     leave out files that the model was trained on (known by their digest as a whole)
  --seed N              of resamples and shuffles (1)
  --out FILE            the result file (bench/results/routing-<name>.json)
  --no-write            only print

Controls that do not read the prompt stand beside the router in every table. bench/README.md has formulas and formats.`;

/** Reads the words behind the command. All that is wrong goes to `problems`. */
export function readArguments(words: readonly string[], problems: string[]): RoutingArguments {
  // pnpm hands a separating "--" on.
  const args = words.filter((word) => word !== "--");
  const { tokens } = parseArgs({
    args,
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  let last: string | null = null;
  for (const token of tokens) {
    if (token.kind === "option") {
      last = token.name;
      problems.push(...problemsOf(token.name, token.value));
      given.set(last, [...(given.get(last) ?? []), ...(token.value === undefined ? [] : [token.value])]);
    } else if (token.kind === "positional") {
      if (last !== null && LISTS.some((name) => name === last)) given.get(last)?.push(token.value);
      else problems.push(`${token.value}: is behind no option that takes files`);
    }
  }
  const one = (name: keyof typeof OPTIONS) => given.get(name)?.at(-1);
  const seed = Number(one("seed") ?? 1);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    problems.push("--seed is no whole number below 2^32");
  const calculation = one("calculation") ?? "strong";
  if (calculation !== "cheap" && calculation !== "strong") problems.push("--calculation is cheap or strong");
  const labelled = given.get("labelled") ?? [];
  const outcomes = given.get("outcomes") ?? [];
  if (labelled.length + outcomes.length === 0 && problems.length === 0) {
    problems.push("nothing to evaluate: give --labelled FILE or --outcomes FILE");
  }
  return {
    labelled,
    outcomes,
    lengthTrain: given.get("length-train") ?? [],
    out: one("out") ?? null,
    isWritten: !given.has("no-write"),
    seed,
    calculation: calculation === "cheap" ? "cheap" : "strong",
    models: { cheap: one("cheap"), strong: one("strong") },
    isTrainedExcluded: given.has("exclude-trained"),
  };
}

function problemsOf(name: string, value: string | undefined): string[] {
  const option = OPTIONS[name as keyof typeof OPTIONS];
  if (option === undefined) {
    return [
      `--${name}: there are ${Object.keys(OPTIONS)
        .map((known) => `--${known}`)
        .join(", ")}`,
    ];
  }
  if (option.type === "string" && (value ?? "") === "") return [`--${name}: its value is missing`];
  if (option.type === "boolean" && value !== undefined) return [`--${name}: takes no value`];
  return [];
}

/** The command as it may be published: with the names of files, not with where they lay. */
export function commandOf(read: RoutingArguments): string {
  const files = (name: string, paths: readonly string[]) =>
    paths.length === 0 ? [] : [`--${name}`, ...paths.map((path) => basename(path))];
  const text = (name: string, value: string | undefined) => (value === undefined ? [] : [`--${name}`, value]);
  return [
    "npm run bench:routing --",
    ...files("labelled", read.labelled),
    ...files("outcomes", read.outcomes),
    ...files("length-train", read.lengthTrain),
    ...text("cheap", read.models.cheap),
    ...text("strong", read.models.strong),
    ...(read.outcomes.length > 0 ? ["--calculation", read.calculation] : []),
    ...(read.isTrainedExcluded ? ["--exclude-trained"] : []),
    "--seed",
    String(read.seed),
  ].join(" ");
}

/** `complexity-dev.jsonl.gz` is recorded as `complexity-dev`. */
export function resultNameOf({ labelled, outcomes }: RoutingArguments): string {
  const names = [...labelled, ...outcomes].map((path) =>
    basename(path).replace(/\.(jsonl|ndjson|json|gz).*$/i, ""),
  );
  return names.join("+").replace(/[^\w.+-]/g, "-");
}
