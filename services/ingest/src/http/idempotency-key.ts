import { invalid } from "./json-body.ts";

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The header's value, bare or as a quoted string; null when there is none.
 * @throws SwitchyardError REQUEST_INVALID.
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const text = Array.isArray(header) ? header.join(",") : header;
  const bare = text.length > 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  if (KEY.test(bare)) return bare;
  const detail = "must be 1 to 255 visible ASCII characters";
  throw invalid([{ path: "Idempotency-Key", code: "invalid_value", detail }]);
}
