import { type FieldProblem, SwitchyardError } from "@switchyard/shared/errors";
import type { z } from "zod";

/** Deeper JSON is refused before it is parsed: nothing that we accept nests further. */
export const MAX_DEPTH = 32;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A raw body as text.
 * @throws SwitchyardError JSON_INVALID when it is not UTF-8.
 */
export function decodeText(raw: unknown): string {
  if (!Buffer.isBuffer(raw) || raw.length === 0)
    throw new SwitchyardError("JSON_INVALID", "the body is empty");
  try {
    return decoder.decode(raw);
  } catch (error) {
    throw new SwitchyardError("JSON_INVALID", "the body is not valid UTF-8", { cause: error });
  }
}

/**
 * Text as JSON.
 * @throws SwitchyardError JSON_INVALID for bad syntax or nesting deeper than 32.
 */
export function parseJson(text: string): unknown {
  if (depthExceeds(text, MAX_DEPTH)) {
    throw new SwitchyardError("JSON_INVALID", `the body nests deeper than ${MAX_DEPTH} levels`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // The parser's message quotes the text around the place; only the place is told.
    const at = /position (\d+)/.exec((error as Error).message)?.[1];
    const where = at === undefined ? "" : ` at character ${at}`;
    throw new SwitchyardError("JSON_INVALID", `the body is not valid JSON${where}`);
  }
}

/** One pass over the text, strings skipped. */
export function depthExceeds(text: string, limit: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) isInString = false;
    } else if (code === 0x22) isInString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}

/**
 * A value from outside in the shape of a schema.
 * @throws SwitchyardError REQUEST_INVALID with every problem.
 */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(problemsIn(parsed.error));
}

/** Builds the error that tells all problems of a request at once. */
export function invalid(problems: readonly FieldProblem[]): SwitchyardError {
  const shown = problems.slice(0, MAX_PROBLEMS);
  const detail = shown.map(({ path, detail: text }) => (path === "" ? text : `${path}: ${text}`)).join("; ");
  return new SwitchyardError("REQUEST_INVALID", detail, { problems: shown });
}

/** A hostile body may have thousands of problems; nobody reads more. */
const MAX_PROBLEMS = 50;

/** The problems that a schema found, in our words; of very many the first. */
export function problemsIn(error: z.ZodError): FieldProblem[] {
  return error.issues.slice(0, MAX_PROBLEMS).flatMap(problemsOf);
}

function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.map((part) => String(part).slice(0, 64)).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, MAX_PROBLEMS).map((key) => {
      const name = key.slice(0, 64);
      return {
        path: path === "" ? name : `${path}.${name}`,
        code: issue.code,
        detail: "is not a known field",
      };
    });
  }
  // Of a wrong key of a record only its own problem says what is wrong with it.
  const detail = issue.code === "invalid_key" ? issue.issues[0]?.message : undefined;
  return [{ path, code: issue.code ?? "invalid", detail: detail ?? issue.message }];
}
