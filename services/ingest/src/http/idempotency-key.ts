import type { FieldProblem } from "@switchyard/shared/errors";
import { invalid } from "./json-body.ts";

const KEY = /^[\x21-\x7e]{1,255}$/;
const DETAIL = "must be 1 to 255 visible ASCII characters";

/**
 * The header's value, bare or as a quoted string; null when there is none. Given twice, it would be
 * unclear which one is meant.
 * @throws SwitchyardError REQUEST_INVALID.
 */
export function readIdempotencyKey(values: readonly string[] | undefined): string | null {
  if (values === undefined) return null;
  const [text = "", ...others] = values;
  const bare = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  const detail = others.length > 0 ? "must be given once" : DETAIL;
  if (others.length === 0 && KEY.test(bare)) return bare;
  throw invalid([{ path: "Idempotency-Key", code: "invalid_value", detail }]);
}

/** What is wrong with the key that an item of a batch brings along. */
export function itemKeyProblems(key: unknown): FieldProblem[] {
  if (typeof key === "string" && KEY.test(key)) return [];
  return [{ path: "idempotency_key", code: "invalid_value", detail: `${DETAIL} in a string` }];
}
