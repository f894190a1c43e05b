import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { type FieldProblem, SwitchyardError } from "../errors/index.ts";

export type Path = readonly PropertyKey[];

/** One thing that is wrong with the file. */
export interface Problem {
  path: Path;
  code: string;
  detail: string;
  /** Point at the name instead of at its value. */
  isAboutKey?: boolean;
  /** Where it is, when the path does not tell. */
  offset?: number;
  /** The environment variable that is wrong, where the file is not. */
  variable?: string;
}

/** A YAML text that knows where each of its values stands. */
export interface YamlSource {
  value: unknown;
  /** Problems of YAML itself. With any but repeated keys, `value` means nothing. */
  problems: readonly Problem[];
  isReadable: boolean;
  /** All the problems as one error, in the order of the file, a line for each. */
  invalid(problems: readonly Problem[]): SwitchyardError;
}

export function readYaml(text: string, file: string): YamlSource {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
  });
  const syntax = [...document.errors, ...document.warnings].map(
    ({ message, pos }): Problem => ({ path: [], code: "invalid_yaml", detail: message, offset: pos[0] }),
  );
  const { value, problem } = valueIn(document);
  if (problem !== null) syntax.push(problem);
  return {
    value,
    problems: syntax.length > 0 ? syntax : repeatedKeys(document.contents, []),
    isReadable: syntax.length === 0,
    invalid: (problems) => errorFrom(problems, { document, lineCounter, file }),
  };
}

/** An alias can point nowhere, or many of them can expand beyond measure; both are thrown here. */
function valueIn(document: Document): { value: unknown; problem: Problem | null } {
  if (document.errors.length > 0) return { value: undefined, problem: null };
  try {
    return { value: document.toJS(), problem: null };
  } catch (error) {
    const problem = { path: [], code: "invalid_yaml", detail: (error as Error).message, offset: 0 };
    return { value: undefined, problem };
  }
}

/** YAML keeps the last of two equal keys without a word: a model declared twice would silently be another. */
function repeatedKeys(node: unknown, path: Path): Problem[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => repeatedKeys(item, [...path, index]));
  if (!isMap(node)) return [];
  const seen = new Set<string>();
  return node.items.flatMap(({ key, value }) => {
    const name = keyName(key);
    const below = repeatedKeys(value, [...path, name]);
    if (!seen.has(name)) {
      seen.add(name);
      return below;
    }
    const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
    return [{ path: [...path, name], code: "duplicate_key", detail: "is given twice", offset }, ...below];
  });
}

interface Place {
  document: Document;
  lineCounter: LineCounter;
  file: string;
}

function errorFrom(problems: readonly Problem[], { document, lineCounter, file }: Place): SwitchyardError {
  const placed = problems.map((problem) => ({
    problem,
    offset: problem.offset ?? offsetOf(document, problem),
  }));
  placed.sort((left, right) => left.offset - right.offset);
  const fields = placed.map(({ problem, offset }): FieldProblem => {
    const { line, col } = lineCounter.linePos(offset);
    const path = problem.variable ?? `${file}:${line}:${col} ${dotted(problem.path)}`.trimEnd();
    return { path, code: problem.code, detail: problem.detail };
  });
  const message = fields.map(({ path, detail }) => `${path}: ${detail}`).join("\n");
  return new SwitchyardError("CONFIG_INVALID", message, { problems: fields });
}

/** Where the value stands, or the name nearest above when there is no such value. */
function offsetOf(document: Document, { path, isAboutKey }: Problem): number {
  let node: unknown = document.contents;
  let nameOffset = document.contents?.range?.[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => keyName(key) === String(step));
      if (pair === undefined) return nameOffset;
      if (isScalar(pair.key)) nameOffset = pair.key.range?.[0] ?? nameOffset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number") {
      node = node.items[step];
      nameOffset = rangeStart(node) ?? nameOffset;
    } else return nameOffset;
  }
  return isAboutKey ? nameOffset : (rangeStart(node) ?? nameOffset);
}

function rangeStart(node: unknown): number | undefined {
  return (node as { range?: [number, number, number] | null } | null)?.range?.[0];
}

function keyName(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

/** `routes.SIMPLE[0]` */
function dotted(path: Path): string {
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return text.startsWith(".") ? text.slice(1) : text;
}
