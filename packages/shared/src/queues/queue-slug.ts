import { createHash } from "node:crypto";

/** With the longest prefix that names get, below the 63 characters of a DNS label. */
const MAX_LENGTH = 30;
const HEAD_LENGTH = 21;
const DIGEST_LENGTH = 8;

/**
 * A model's id as a part of names in Kubernetes, and of label values: lower-case letters, digits and single dashes.
 * One that has to be changed gets a digest of the id, so that no two ids share a slug. The chart computes the same.
 */
export function queueSlug(id: string): string {
  const slug = trimmed(id.toLowerCase().replace(/[^a-z0-9]+/g, "-"));
  if (slug === id && slug.length <= MAX_LENGTH) return slug;
  const digest = createHash("sha256").update(id).digest("hex").slice(0, DIGEST_LENGTH);
  return `${trimmed(slug.slice(0, HEAD_LENGTH))}-${digest}`;
}

function trimmed(slug: string): string {
  return slug.replace(/^-+|-+$/g, "");
}
