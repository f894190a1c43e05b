/** What a caller would like (RFC 7240); what is not understood is ignored. */
export interface Preference {
  /** How long to hold the answer back, at most; 0: not at all. */
  waitMs: number;
  /** To be echoed as `Preference-Applied`. */
  applied: string | null;
}

const MAX_WAIT_SECONDS = 60;

/** Of a preference that is given twice the first counts. `respond-async` beside `wait` changes nothing. */
export function readPrefer(header: string | undefined): Preference {
  // A preference may have parameters, after a semicolon; neither of ours does.
  const preferences = (header ?? "").split(",").map((part) => part.split(";", 1)[0]?.trim().toLowerCase());
  const applied = preferences.includes("respond-async") ? ["respond-async"] : [];
  const wait = preferences.map((part) => /^wait\s*=\s*"?(\d{1,9})"?$/.exec(part ?? "")).find(Boolean);
  if (wait == null) return { waitMs: 0, applied: applied[0] ?? null };
  const seconds = Math.min(MAX_WAIT_SECONDS, Number(wait[1]));
  return { waitMs: seconds * 1_000, applied: [...applied, `wait=${seconds}`].join(", ") };
}
