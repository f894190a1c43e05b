import { type ClassBounds, isAbove, narrower, type SubmitBody } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";

/**
 * The bounds that hold for a job: those of its key, and its own within them.
 * @throws SwitchyardError CLASS_NOT_ALLOWED when what the body asks for lies outside of what the key allows.
 */
export function boundsWithin(
  key: ClassBounds,
  body: Pick<SubmitBody, "min_class" | "max_class">,
): ClassBounds {
  const { min_class: min, max_class: max } = body;
  if (min !== undefined && key.max !== null && isAbove(min, key.max)) {
    throw refused(`min_class ${min} is above ${key.max}, the max_class of the API key`);
  }
  if (max !== undefined && key.min !== null && isAbove(key.min, max)) {
    throw refused(`max_class ${max} is below ${key.min}, the min_class of the API key`);
  }
  return narrower(key, { min: min ?? null, max: max ?? null });
}

export function isUnbounded({ min, max }: ClassBounds): boolean {
  return min === null && max === null;
}

function refused(message: string): SwitchyardError {
  return new SwitchyardError("CLASS_NOT_ALLOWED", message);
}
