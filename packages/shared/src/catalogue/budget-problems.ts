import { isTimeZone } from "../contracts/index.ts";
import { didYouMean } from "./nearest-name.ts";

/** What is wrong with the name of a time zone, and which was probably meant; null: nothing. */
export function timeZoneProblem(name: string): string | null {
  if (isTimeZone(name)) return null;
  const known = Intl.supportedValuesOf("timeZone");
  return `unknown time zone "${name}"${didYouMean(name, known) || "; give a name such as Europe/Berlin or UTC"}`;
}

/** What is wrong with the tag of a budget; null: the file lists it. */
export function tagProblem(name: string, tags: readonly string[]): string | null {
  if (tags.includes(name)) return null;
  const hint = didYouMean(name, tags) || "; list it under tags in switchyard.yaml, and restart";
  return `unknown tag "${name}"${hint}`;
}
