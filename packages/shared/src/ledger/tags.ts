import { createHash } from "node:crypto";

/** What a job's caller says by which its costs are told apart: values of its metadata by their names; none is empty. */
export type Tags = Readonly<Record<string, string>>;

/**
 * A value takes at most so many bytes of a key. Three of them, names of 64 and everything else that stands in the key of an item
 * of the totals then take some 800; DynamoDB's bound is 1,024.
 */
const MAX_VALUE_BYTES = 128;
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
  if (bytesInKey(text) <= MAX_VALUE_BYTES) return text;
  const digest = `~${createHash("sha256").update(text).digest("hex").slice(0, DIGEST_DIGITS)}`;
  let beginning = "";
  for (const character of text) {
    if (bytesInKey(beginning + character) > MAX_VALUE_BYTES - digest.length) break;
    beginning += character;
  }
  return beginning + digest;
}

function bytesInKey(value: string): number {
  return Buffer.byteLength(escaped(value));
}

/** What separates parts of a key, and what would break a line. All else stays as it is: percent-encoding a Chinese character takes nine bytes. */
const ESCAPED = /[%#&\p{Cc}]/gu;

function escaped(value: string): string {
  return value.replace(ESCAPED, encodeURIComponent);
}

/** Tags as one part of a key: the same for the same tags, and without `#`. Names hold nothing that needs an escape. */
export function tagsPart(tags: Tags): string {
  const parts = Object.entries(tags).map(([name, value]) => `${name}=${escaped(value)}`);
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
