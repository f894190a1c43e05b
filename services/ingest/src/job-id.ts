import { createHash, createHmac, randomBytes } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_CHARACTERS = 26;

/** `job_` and 26 characters of Crockford base 32, of the first 130 bits. */
export function jobIdOf(bytes: Uint8Array): string {
  const bits =
    BigInt(`0x${Buffer.from(bytes).toString("hex")}`) >> BigInt(bytes.length * 8 - ID_CHARACTERS * 5);
  const digits = Array.from({ length: ID_CHARACTERS }, (_, index) => {
    const shift = BigInt((ID_CHARACTERS - 1 - index) * 5);
    return ALPHABET[Number((bits >> shift) & 31n)];
  });
  return `job_${digits.join("")}`;
}

/**
 * The same tenant, route and key always give the same id: the accept row is then the record of the key,
 * and no client text ever becomes part of an id.
 */
export function derivedJobId(secret: string, scope: { tenant: string; route: string; key: string }): string {
  const text = JSON.stringify([scope.tenant, scope.route, scope.key]);
  return jobIdOf(createHmac("sha256", secret).update(text).digest());
}

export function randomJobId(): string {
  return jobIdOf(randomBytes(17));
}

/**
 * SHA-256 of a body as it was sent, its keys sorted; not of the body with its defaults, so that a new
 * default in a release never makes a conflict of a retry.
 */
export function fingerprintOf(body: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(body)))
    .digest("hex");
}

/** Objects stay objects: as a list of pairs, one would be the same as a list that looks like it. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}
