import { z } from "zod";

const DIGEST = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const UUID_DIGITS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

/** A SHA-256 or a UUID in hexadecimal digits is stored as its 32 or 16 bytes, any other text as it is. */
export const hexadecimal = z.codec(z.union([z.instanceof(Uint8Array), z.string()]), z.string(), {
  decode(stored) {
    if (typeof stored === "string") return stored;
    const digits = Buffer.from(stored).toString("hex");
    return stored.length === 16 ? digits.replace(UUID_DIGITS, "$1-$2-$3-$4-$5") : digits;
  },
  encode: (text) =>
    DIGEST.test(text) || UUID.test(text) ? Buffer.from(text.replaceAll("-", ""), "hex") : text,
});

const OWN_KEY_ID = /^k[0-9a-f]{16}$/;

/** A key's id as the CLI makes them is stored as its 8 bytes, any other as it is. */
export const keyId = z.codec(z.union([z.instanceof(Uint8Array), z.string()]), z.string(), {
  decode: (stored) => (typeof stored === "string" ? stored : `k${Buffer.from(stored).toString("hex")}`),
  encode: (id) => (OWN_KEY_ID.test(id) ? Buffer.from(id.slice(1), "hex") : id),
});

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACEPARENT_DIGITS = /^(.{2})(.{32})(.{16})(.{2})$/;

/** A `traceparent` of version 00 is stored as its 26 bytes, any other text as it is. */
export const traceparent = z.codec(z.union([z.instanceof(Uint8Array), z.string()]), z.string(), {
  decode: (stored) =>
    typeof stored === "string"
      ? stored
      : Buffer.from(stored).toString("hex").replace(TRACEPARENT_DIGITS, "$1-$2-$3-$4"),
  encode: (text) => (TRACEPARENT.test(text) ? Buffer.from(text.replaceAll("-", ""), "hex") : text),
});
