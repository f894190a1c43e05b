import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { type FieldProblem, SwitchyardError } from "../errors/index.ts";
import { parsePricePerMillion } from "./money.ts";
import type { Price } from "./price.ts";

/** Every price the installation knows, from one version of the price file. */
export interface PriceBook {
  /** Stored on every ledger row beside the id of the price. */
  version: string;
  /** null: there is no such price. It is never taken to be 0. */
  find(priceId: string): Price | null;
  ids: ReadonlySet<string>;
}

/** At most 999 999.999999 USD per million tokens: a rate in another unit is mostly caught by this. */
const Rate = z
  .string({
    error: ({ input }) => (input === undefined ? "is missing" : 'must be a decimal string such as "0.15"'),
  })
  .regex(
    /^(0|[1-9]\d{0,5})(\.\d{1,6})?$/,
    'must be a decimal string such as "0.15", with at most 6 decimals',
  );

const Entry = z.strictObject({
  id: z.string().regex(/^[\w.:@/-]{1,128}$/, "must be 1 to 128 letters, digits or one of . : @ / - _"),
  input: Rate,
  cached_input: Rate.optional(),
  cache_write: Rate.optional(),
  output: Rate,
  source: z.string().min(1),
});
type Entry = z.infer<typeof Entry>;

const IsoDate = z.iso.date({ error: "must be a date such as 2026-07-24" });

/** Where prices were taken from, and as of when, where that is known. */
const Source = z.strictObject({ title: z.string().min(1), date: IsoDate.optional() });

const Book = z.strictObject({
  version: z.string().min(1).max(64),
  /** As of when the book as a whole holds. */
  date: IsoDate,
  sources: z.record(z.string(), Source),
  unit: z.literal("USD per million tokens"),
  prices: z.array(Entry).min(1),
});
type Book = z.infer<typeof Book>;

type Path = readonly PropertyKey[];
interface Problem {
  path: Path;
  code: string;
  detail: string;
  /** Where it is, when the path does not tell. */
  offset?: number;
}

/**
 * The price book in a price file's text.
 * @throws SwitchyardError CONFIG_INVALID that lists every problem with file, line and column.
 */
export function readPriceBook(text: string, file: string): PriceBook {
  const raw = parseJson(text, file);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const parsed = Book.safeParse(raw);
  const problems = [
    ...repeatedKeys(document),
    ...(parsed.success ? contentProblems(parsed.data) : parsed.error.issues.flatMap(shapeProblems)),
  ];
  if (!parsed.success || problems.length > 0) throw invalid(problems, { document, lineCounter, file });
  const { version, prices } = parsed.data;
  const byId = new Map(prices.map((entry) => [entry.id, priceOf(entry, version)]));
  return { version, find: (priceId) => byId.get(priceId) ?? null, ids: new Set(byId.keys()) };
}

function priceOf(entry: Entry, bookVersion: string): Price {
  return {
    id: entry.id,
    bookVersion,
    inputPicoUsd: parsePricePerMillion(entry.input),
    outputPicoUsd: parsePricePerMillion(entry.output),
    ...(entry.cached_input !== undefined && {
      cachedInputPicoUsd: parsePricePerMillion(entry.cached_input),
    }),
    ...(entry.cache_write !== undefined && { cacheWritePicoUsd: parsePricePerMillion(entry.cache_write) }),
  };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = `not valid JSON: ${(error as Error).message}`;
    throw new SwitchyardError("CONFIG_INVALID", `${file}: ${detail}`, {
      cause: error,
      problems: [{ path: file, code: "invalid_json", detail }],
    });
  }
}

/** JSON.parse keeps the last of two equal keys without a word: a rate given twice would silently be another. */
function repeatedKeys({ errors }: ReturnType<typeof parseDocument>): Problem[] {
  return errors
    .filter(({ code }) => code === "DUPLICATE_KEY")
    .map(({ pos }) => ({
      path: [],
      code: "duplicate_key",
      detail: "the key is given twice",
      offset: pos[0],
    }));
}

function shapeProblems(issue: z.core.$ZodIssue): Problem[] {
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

function contentProblems({ prices, sources }: Book): Problem[] {
  const first = new Map<string, number>();
  return prices.flatMap(({ id, source }, index) => {
    const problems: Problem[] = [];
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, index);
    else {
      const detail = `"${id}" already is the id of prices[${earlier}]`;
      problems.push({ path: ["prices", index, "id"], code: "duplicate_id", detail });
    }
    if (!Object.hasOwn(sources, source)) {
      const detail = `"${source}" is not one of sources`;
      problems.push({ path: ["prices", index, "source"], code: "unknown_source", detail });
    }
    return problems;
  });
}

interface Place {
  document: ReturnType<typeof parseDocument>;
  lineCounter: LineCounter;
  file: string;
}

function invalid(problems: readonly Problem[], { document, lineCounter, file }: Place): SwitchyardError {
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
function offsetOf(document: Place["document"], path: Path): number {
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
