/** What a caller would like (RFC 7240); what is not understood is ignored. */
export interface Preference {
  /** How long to hold the answer back, at most; 0: not at all. */
  waitMs: number;
  /** To be echoed as `Preference-Applied`. */
  applied: string | null;
}

export const MAX_WAIT_SECONDS = 60;

export function readPrefer(header: string | undefined): Preference {
  const preferences = (header ?? "").split(",").map((part) => part.trim().toLowerCase());
  for (const preference of preferences) {
    const match = /^wait\s*=\s*"?(\d{1,9})"?$/.exec(preference);
    if (match !== null) {
      const seconds = Math.min(MAX_WAIT_SECONDS, Number(match[1]));
      return { waitMs: seconds * 1_000, applied: `wait=${seconds}` };
    }
  }
  const isAsync = preferences.includes("respond-async");
  return { waitMs: 0, applied: isAsync ? "respond-async" : null };
}
