import { z } from "zod";

/** One setting that a process reads from its environment. */
export interface Setting<T> {
  /** The variable's name. */
  name: string;
  /** Parses the variable's text. Its messages must not repeat the text, which may be a secret. */
  schema: z.ZodType<T, string>;
  /** Used in place of a variable that is not set; parsed like one. null: see `isRequired`. */
  default: string | null;
  /** Without a default: whether it must be set, or is null when it is not. */
  isRequired: boolean;
  /** May also be given as the name of a file, in `<NAME>_FILE`. */
  isSecret: boolean;
  /** One sentence for `docs/configuration.md`. */
  meaning: string;
}

/** A setting with a default. */
export function withDefault<T>(name: string, schema: z.ZodType<T, string>, given: Given): Setting<T> {
  return { name, schema, default: given.default, isRequired: false, isSecret: false, meaning: given.meaning };
}
interface Given {
  default: string;
  meaning: string;
}

/** A setting that is null when its variable is not set. */
export function nullable<T>(
  name: string,
  schema: z.ZodType<T, string>,
  given: { meaning: string; isSecret?: boolean },
): Setting<T | null> {
  const { meaning, isSecret = false } = given;
  return { name, schema, default: null, isRequired: false, isSecret, meaning };
}

/** A setting without which the process does not start. */
export function required<T>(
  name: string,
  schema: z.ZodType<T, string>,
  given: { meaning: string; isSecret?: boolean },
): Setting<T> {
  const { meaning, isSecret = false } = given;
  return { name, schema, default: null, isRequired: true, isSecret, meaning };
}

/** Any text. */
export const text = z.string();

/** Names that are separated by commas; at least one, each once. */
export const names: z.ZodType<readonly string[], string> = z
  .string()
  .transform((value) => value.split(",").map((name) => name.trim()))
  .refine((all) => !all.includes(""), "must be names that are separated by single commas")
  .transform((all) => [...new Set(all)]);

/** A whole number in decimal digits, between two bounds. */
export function whole(least: number, most: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^-?\d{1,15}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);
}

/** `true`, `1`, `yes`, `on`, and their opposites. */
export const flag: z.ZodType<boolean, string> = z
  .string()
  .toLowerCase()
  .pipe(z.enum(["true", "1", "yes", "on", "false", "0", "no", "off"], { error: "must be true or false" }))
  .transform((value) => ["true", "1", "yes", "on"].includes(value));

/** One of a few words. */
export function oneOf<const T extends string>(...words: [T, ...T[]]): z.ZodType<T, string> {
  return z.string().pipe(z.enum(words, { error: `must be one of ${words.join(", ")}` }));
}

/** An http or https address. */
export const httpUrl: z.ZodType<string, string> = z
  .string()
  .refine(
    (value) => /^https?:\/\/[^\s]+$/i.test(value) && URL.canParse(value),
    "must be an http or https URL",
  );
