import type { z } from "zod";
import { PROVIDER_KINDS } from "./catalogue.ts";
import { CatalogueFile, SETTING_NAMES } from "./catalogue-file.ts";
import { didYouMean } from "./nearest-name.ts";
import type { Path, Problem } from "./yaml-source.ts";

type Issue = z.core.$ZodIssue;

/** All names of a section are told where they are no more than these and none of them is near. */
const MOST_LISTED = 4;

/** First pass: is everything there, of the right type and within its bounds, and nothing else? */
export function checkShape(value: unknown): { file: CatalogueFile | null; problems: Problem[] } {
  const parsed = CatalogueFile.safeParse(value);
  if (parsed.success) return { file: parsed.data, problems: [] };
  return { file: null, problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, value)) };
}

function problemsOf(issue: Issue, value: unknown): Problem[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownName(path, key));
  if (issue.code === "invalid_key") {
    const detail = issue.issues.map(({ message }) => message).join(", ");
    return [{ path, code: "invalid_id", detail: `the id ${detail}`, isAboutKey: true }];
  }
  if (valueAt(value, path) === undefined) return [{ path, code: "missing", detail: "is missing" }];
  if (issue.code === "invalid_union") {
    return [{ path, code: "invalid_value", detail: `must be one of ${PROVIDER_KINDS.join(", ")}` }];
  }
  const detail =
    issue.code === "invalid_type" ? wrongType(issue.expected, valueAt(value, path)) : issue.message;
  return [{ path, code: issue.code, detail }];
}

/** What YAML calls it, rather than JavaScript. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  array: "a list, such as [a, b]",
  object: "settings by name",
  record: "settings by name",
};

function wrongType(expected: string, found: unknown): string {
  const detail = `must be ${TYPE_NAMES[expected] ?? expected}`;
  if (found === null) return `${detail}, and is empty`;
  const isUnquoted = expected === "string" && typeof found !== "object";
  return isUnquoted ? `${detail}; put it in quotes` : detail;
}

function unknownName(path: Path, key: string): Problem {
  const whole = [...path, key];
  if (key === "api_key") {
    const detail = "secrets are not read from this file; name the variable that holds it in api_key_env";
    return { path: whole, code: "secret_in_file", detail, isAboutKey: true };
  }
  const names = SETTING_NAMES[sectionOf(path)] ?? [];
  const known = names.length <= MOST_LISTED && names.length > 0 ? ` (known are ${names.join(", ")})` : "";
  const detail = `unknown setting "${key}"${didYouMean(key, names) || known}`;
  return { path: whole, code: "unknown_setting", detail, isAboutKey: true };
}

/** A section inside another one, such as `models.<id>.limits`, `budgets.<id>.tag` or `classifier.llm`, has its own names. */
function sectionOf([top, second, third]: Path): string {
  const isById = top === "providers" || top === "models" || top === "budgets";
  return String((isById ? third : second) ?? top ?? "");
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined,
    value,
  );
}
