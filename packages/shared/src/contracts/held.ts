/** What a job that is not called yet may wait for; the names are those of the errors. */
export const HOLD_REASONS = ["budget_exceeded", "price_unknown"] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

/**
 * Why a budget has no room for a job's next call. `spent`: until enough has left its window. `reserved`: other jobs in
 * progress hold the rest. `limit`: the call and those before it may cost more than the budget ever has.
 */
export const NO_ROOM_CAUSES = ["spent", "reserved", "limit"] as const;

/** A job that waits for something that is not its turn; it goes on by itself. */
export interface HeldView {
  reason: HoldReason;
  /** Null with another reason than `budget_exceeded`. */
  cause: (typeof NO_ROOM_CAUSES)[number] | null;
  /** The budget without room; null where it is not one of the caller's own tenant or key. */
  budget: string | null;
  /** When there is room again at the latest, as far as is known now. */
  resumes_at: string | null;
}
