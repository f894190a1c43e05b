import { createHash } from "node:crypto";
import { isWholeInKey, MAX_TAG_BYTES, tagInKey } from "../contracts/index.ts";

/** What a job's caller says by which its costs are told apart: values of its metadata by their names; none is empty. */
export type Tags = Readonly<Record<string, string>>;

/** Of the SHA-256, at the end of a value that is shortened. */
const DIGEST_DIGITS = 16;

/** The named values that the metadata has, as a job's row keeps them. One that is too long for a key is kept as its beginning and a digest. */
export function taggedBy(metadata: Tags, names: readonly string[]): { tags?: Tags } {
  const tags = names.flatMap((name) => {
    const value = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
    // Nobody could tell a job with an empty value from one without it.
    return value === undefined || value === "" ? [] : [[name, withinKey(value)] as const];
  });
  return tags.length === 0 ? {} : { tags: Object.fromEntries(tags) };
}

function withinKey(value: string): string {
  // Half a surrogate pair has no UTF-8: DynamoDB would store another character, and the key would not be found.
  const text = value.toWellFormed();
  if (isWholeInKey(text)) return text;
  const digest = `~${createHash("sha256").update(text).digest("hex").slice(0, DIGEST_DIGITS)}`;
  let beginning = "";
  for (const character of text) {
    if (bytesInKey(beginning + character) > MAX_TAG_BYTES - digest.length) break;
    beginning += character;
  }
  return beginning + digest;
}

function bytesInKey(value: string): number {
  return Buffer.byteLength(tagInKey(value));
}

/** Tags as one part of a key: the same for the same tags, and without `#`. Names hold nothing that needs an escape. */
export function tagsPart(tags: Tags): string {
  const parts = Object.entries(tags).map(([name, value]) => `${name}=${tagInKey(value)}`);
  return parts.sort().join("&");
}

/** The tags in a part of a key. */
export function tagsIn(part: string): Tags {
  const parts = part === "" ? [] : part.split("&");
  return Object.fromEntries(
    parts.map((text) => {
      const [name = "", value = ""] = text.split(/=(.*)/s);
      return [name, decodeURIComponent(value)];
    }),
  );
}
