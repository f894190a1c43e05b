/** How large a share of a busy queue a job's own kind gets: a weight, never a rank, so that nothing starves. */
export const PRIORITIES = ["low", "normal", "high"] as const;
export type Priority = (typeof PRIORITIES)[number];
