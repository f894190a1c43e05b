import { type FieldProblem, SwitchyardError } from "../errors/index.ts";
import type { Setting } from "./setting.ts";

type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The typed values of a table of settings, under the table's own keys. */
export type ValuesOf<S extends Settings> = { [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

export interface EnvironmentSource {
  environment: Readonly<Record<string, string | undefined>>;
  /** Reads the file that a `<NAME>_FILE` variable names; throws when it cannot. */
  readFile: (path: string) => string;
}

/**
 * Every setting of a table, read from the environment. A variable that is set to nothing counts as not set.
 * @throws SwitchyardError CONFIG_INVALID with a line for every problem; values are never part of it.
 */
export function readEnvironment<S extends Settings>(settings: S, source: EnvironmentSource): ValuesOf<S> {
  const problems: FieldProblem[] = [];
  const values = Object.entries(settings).map(([key, setting]) => {
    const outcome = readSetting(setting, source);
    if ("problem" in outcome) problems.push(outcome.problem);
    return [key, "value" in outcome ? outcome.value : undefined];
  });
  if (problems.length > 0) {
    const lines = problems.map(({ path, detail }) => `${path}: ${detail}`);
    throw new SwitchyardError("CONFIG_INVALID", lines.join("\n"), { problems });
  }
  return Object.fromEntries(values) as ValuesOf<S>;
}

/**
 * A secret from `<NAME>`, or from the file that `<NAME>_FILE` names; null when neither is set.
 * @throws SwitchyardError CONFIG_INVALID when both are set or the file cannot be read.
 */
export function readSecret(name: string, source: EnvironmentSource): string | null {
  const outcome = textOf({ name, isSecret: true }, source);
  if ("value" in outcome) return outcome.value;
  const { path, detail } = outcome.problem;
  throw new SwitchyardError("CONFIG_INVALID", `${path}: ${detail}`, { problems: [outcome.problem] });
}

type Outcome<T> = { value: T } | { problem: FieldProblem };

function readSetting(setting: Setting<unknown>, source: EnvironmentSource): Outcome<unknown> {
  const found = textOf(setting, source);
  if ("problem" in found) return found;
  const given = found.value ?? setting.default;
  if (given === null) {
    if (!setting.isRequired) return { value: null };
    return problem(setting.name, "missing", `is not set; set it to: ${setting.meaning}`);
  }
  const parsed = setting.schema.safeParse(given);
  if (parsed.success) return { value: parsed.data };
  return problem(setting.name, "invalid_value", parsed.error.issues.map(({ message }) => message).join(", "));
}

function textOf(
  { name, isSecret }: Pick<Setting<unknown>, "name" | "isSecret">,
  { environment, readFile }: EnvironmentSource,
): Outcome<string | null> {
  const direct = environment[name]?.trim() || null;
  const fileName = `${name}_FILE`;
  const path = isSecret ? environment[fileName]?.trim() || null : null;
  if (path === null) return { value: direct };
  if (direct !== null) return problem(name, "conflict", `set either ${name} or ${fileName}, not both`);
  try {
    const content = readFile(path).trim();
    return content === ""
      ? problem(fileName, "empty_file", "names a file that is empty")
      : { value: content };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "unreadable";
    return problem(fileName, "unreadable_file", `names a file that cannot be read (${reason})`);
  }
}

function problem(path: string, code: string, detail: string): { problem: FieldProblem } {
  return { problem: { path, code, detail } };
}
