/** How hard a job is judged to be, from the least to the most demanding. */
export const JOB_CLASSES = ["SIMPLE", "CALCULATION", "COMPLEX"] as const;
export type JobClass = (typeof JOB_CLASSES)[number];
