/**
 * A value of a tag takes at most so many bytes of a key. Three of them, names of 64 and everything else that stands in
 * the key of an item of the totals then take some 800; DynamoDB's bound is 1,024.
 */
export const MAX_TAG_BYTES = 128;

/** What separates parts of a key, and what would break a line. All else stays as it is: percent-encoding a Chinese character takes nine bytes. */
const ESCAPED = /[%#&\p{Cc}]/gu;

/** As it stands in a key. */
export function tagInKey(value: string): string {
  return value.replace(ESCAPED, encodeURIComponent);
}

/** Whether a key has room for all of it; else jobs are told apart by its beginning and a digest. */
export function isWholeInKey(value: string): boolean {
  return value.isWellFormed() && Buffer.byteLength(tagInKey(value)) <= MAX_TAG_BYTES;
}
