/** What must hold after every run, whatever was killed in it. */
export const INVARIANTS = {
  I1: "every accepted job is in exactly one terminal state, and no queue holds a job",
  I2: "every call on the provider's bill has exactly one row",
  I3: "every settled row has exactly one line on the bill, with the same tokens and amount",
  I4: "every billed call is settled or unknown, and no row is left open",
  I5: "the totals are the sum of the settled rows",
  I6: "at most one settled row per job, and at most one call in flight at any time",
  I7: "one job per idempotency key",
  I8: "every terminal job was told to its webhook",
  I9: "no job ends later than a minute after its deadline",
  I10: "no budget is overdrawn, and at the end each has spent what its calls cost, and holds nothing",
  I11: "no prompt and no secret is in a log, on a metrics page, in a problem that a caller is told, or in Redis",
  I12: "no process ends unless it was ended, and none takes more memory than its bound",
  I13: "a job's answer is the one that its provider sent for the call it names",
  I14: "no 5xx but 503 with Retry-After, and no request longer than five seconds",
  S1: "what the scenario asks for besides",
} as const;
export type Invariant = keyof typeof INVARIANTS;

/** Those that nothing can break yet, and why. */
export const NOT_APPLICABLE: Readonly<Partial<Record<Invariant, string>>> = {
  I8: "there are no webhooks yet",
};

/** One thing that does not agree. */
export interface Problem {
  invariant: Invariant;
  what: string;
}
