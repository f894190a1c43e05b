/**
 * The two sides of the comparison that measures what routing saves: jobs that were routed, and those that a random draw sent
 * to the baseline in spite of it. A job that could not have been drawn is on neither.
 */
export const ARMS = ["routed", "holdout"] as const;
export type Arm = (typeof ARMS)[number];
