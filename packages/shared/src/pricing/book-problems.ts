import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { type FieldProblem, SwitchyardError } from "../errors/index.ts";
import { type BookFile, type Entry, validityOf } from "./price-file.ts";

type Path = readonly PropertyKey[];
export interface Problem {
  path: Path;
  code: string;
  detail: string;
  /** Where it is, when the path does not tell. */
  offset?: number;
}

/** The text of a price file, with the places of what stands in it. */
export interface BookText {
  file: string;
  document: ReturnType<typeof parseDocument>;
  lineCounter: LineCounter;
}

export function openBookText(text: string, file: string): BookText {
  const lineCounter = new LineCounter();
  return { file, lineCounter, document: parseDocument(text, { lineCounter, prettyErrors: false }) };
}

/** JSON.parse keeps the last of two equal keys without a word: a rate given twice would silently be another. */
export function repeatedKeys({ document }: BookText): Problem[] {
  return document.errors
    .filter(({ code }) => code === "DUPLICATE_KEY")
    .map(({ pos }) => ({
      path: [],
      code: "duplicate_key",
      detail: "the key is given twice",
      offset: pos[0],
    }));
}

export function shapeProblems(issue: z.core.$ZodIssue): Problem[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key],
      code: "unknown_key",
      detail: "is not known here",
    }));
  }
  return [{ path, code: issue.code, detail: issue.message.replace(/^Invalid input: /, "") }];
}

/** What no entry can tell of itself: whether names are taken, times overlap, and sources exist. */
export function contentProblems({ prices, sources }: BookFile): Problem[] {
  return [
    ...prices.flatMap((entry, index) => ownProblems(entry, index, sources)),
    ...overlapProblems(prices),
    ...aliasProblems(prices),
  ];
}

function ownProblems(
  { source, tiers = [], ...entry }: Entry,
  index: number,
  sources: BookFile["sources"],
): Problem[] {
  const problems: Problem[] = [];
  const { fromMs, toMs } = validityOf(entry);
  if (fromMs >= toMs)
    problems.push({ path: ["prices", index, "to"], code: "conflict", detail: "must lie after from" });
  const names = tiers.map(({ service_tier, context }) => `${service_tier} ${context?.tokens}`);
  for (const [place, name] of names.entries()) {
    if (names.indexOf(name) === place) continue;
    const detail = `says the same as tiers[${names.indexOf(name)}]`;
    problems.push({ path: ["prices", index, "tiers", place], code: "duplicate", detail });
  }
  if (!Object.hasOwn(sources, source)) {
    const detail = `"${source}" is not one of sources`;
    problems.push({ path: ["prices", index, "source"], code: "unknown_source", detail });
  }
  return problems;
}

/** At any time an id has one price. */
function overlapProblems(prices: readonly Entry[]): Problem[] {
  const earlier = new Map<string, number[]>();
  return prices.flatMap((entry, index) => {
    const { fromMs, toMs } = validityOf(entry);
    const same = earlier.get(entry.id) ?? [];
    earlier.set(entry.id, [...same, index]);
    const other = same.find((place) => {
      const valid = validityOf(prices[place] as Entry);
      return fromMs < valid.toMs && valid.fromMs < toMs;
    });
    if (other === undefined) return [];
    const detail = `"${entry.id}" already is the id of prices[${other}]`;
    return [{ path: ["prices", index, "id"], code: "duplicate_id", detail }];
  });
}

/** An alias leads to one id, and an id is nobody's alias. */
function aliasProblems(prices: readonly Entry[]): Problem[] {
  const owners = new Map(prices.map(({ id }) => [id, id]));
  return prices.flatMap(({ id, aliases = [] }, index) =>
    aliases.flatMap((alias, place) => {
      const owner = owners.get(alias);
      if (owner === undefined) owners.set(alias, id);
      if (owner === undefined || (owner === id && alias !== id)) return [];
      const detail = `"${alias}" already leads to "${owner}"`;
      return [{ path: ["prices", index, "aliases", place], code: "duplicate_id", detail }];
    }),
  );
}

export function invalidBook(
  problems: readonly Problem[],
  { document, lineCounter, file }: BookText,
): SwitchyardError {
  const placed = problems.map((problem) => ({
    ...problem,
    offset: problem.offset ?? offsetOf(document, problem.path),
  }));
  placed.sort((left, right) => left.offset - right.offset);
  const fields = placed.map(({ path, code, detail, offset }): FieldProblem => {
    const { line, col } = lineCounter.linePos(offset);
    return { path: `${file}:${line}:${col} ${dotted(path)}`.trimEnd(), code, detail };
  });
  const lines = fields.map(({ path, detail }) => `${path}: ${detail}`);
  return new SwitchyardError("CONFIG_INVALID", lines.join("\n"), { problems: fields });
}

/** Where the value stands, or what is nearest above it when there is no such value. */
function offsetOf(document: BookText["document"], path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, ...number[]] } | undefined;
    if (node?.range !== undefined) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

/** `prices[1].input` */
function dotted(path: Path): string {
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return text.startsWith(".") ? text.slice(1) : text;
}
