import { JOB_CLASSES, type JobClass } from "./job-class.ts";

/** The least and the most demanding class that a job may be routed as; null: no bound. */
export interface ClassBounds {
  readonly min: JobClass | null;
  readonly max: JobClass | null;
}

export const UNBOUNDED: ClassBounds = { min: null, max: null };

/** Whether a class is more demanding than another: SIMPLE < CALCULATION < COMPLEX. */
export function isAbove(left: JobClass, right: JobClass): boolean {
  return JOB_CLASSES.indexOf(left) > JOB_CLASSES.indexOf(right);
}

/** What both allow: the higher floor and the lower ceiling, which may leave nothing between them. */
export function narrower(left: ClassBounds, right: ClassBounds): ClassBounds {
  return {
    min:
      left.min !== null && right.min !== null && isAbove(right.min, left.min)
        ? right.min
        : (left.min ?? right.min),
    max:
      left.max !== null && right.max !== null && isAbove(left.max, right.max)
        ? right.max
        : (left.max ?? right.max),
  };
}

/** The nearest class within the bounds, and the bound that moved it; null: none did. */
export function bounded(
  jobClass: JobClass,
  { min, max }: ClassBounds,
): { class: JobClass; by: "min_class" | "max_class" | null } {
  if (min !== null && isAbove(min, jobClass)) return { class: min, by: "min_class" };
  if (max !== null && isAbove(jobClass, max)) return { class: max, by: "max_class" };
  return { class: jobClass, by: null };
}
