import { isAbove, JOB_CLASSES, type JobClass, SUBMIT_LIMITS, SubmitBody } from "@switchyard/shared/contracts";
import type { FieldProblem } from "@switchyard/shared/errors";
import { parseUsd } from "@switchyard/shared/pricing";
import { invalid, problemsIn } from "./http/json-body.ts";

export interface CheckedSubmit {
  body: SubmitBody;
  deadlineAt: number;
}

export interface CheckOptions {
  now: number;
  defaultDeadlineMs: number;
  /** Problems found elsewhere, told together with those of the body. */
  others?: readonly FieldProblem[];
}

/**
 * A body as the submit it must be. What the schema cannot say, or says only once everything else is
 * right, is looked for here, so that a caller mends a body in one round.
 * @throws SwitchyardError REQUEST_INVALID with every problem of the body.
 */
export function checkSubmit(
  value: unknown,
  { now, defaultDeadlineMs, others = [] }: CheckOptions,
): CheckedSubmit {
  const fields = isObject(value) ? value : null;
  const rules = fields === null ? [] : rulesBroken(fields, now);
  const parsed = SubmitBody.safeParse(fields === null ? value : withinBounds(fields));
  const problems = distinct([...(parsed.success ? [] : problemsIn(parsed.error)), ...rules, ...others]);
  if (!parsed.success || problems.length > 0) throw invalid(problems);
  const { deadline } = parsed.data;
  return {
    body: parsed.data,
    deadlineAt: deadline === undefined ? now + defaultDeadlineMs : Date.parse(deadline),
  };
}

function rulesBroken(fields: Record<string, unknown>, now: number): FieldProblem[] {
  return [
    ...promptProblems(fields),
    ...limitProblems(fields, now),
    ...boundsProblems(fields),
    ...metadataProblems(fields["metadata"]),
  ];
}

/** The same two problems, word for word, that the schema finds when nothing else is wrong. */
function promptProblems({ input, messages }: Record<string, unknown>): FieldProblem[] {
  if ((input === undefined) !== (messages === undefined)) return [];
  return input === undefined
    ? [{ path: "input", code: "custom", detail: "give either input (a string) or messages (a list)" }]
    : [{ path: "messages", code: "custom", detail: "must not be given together with input" }];
}

/** What is wrong with a deadline or a cost limit that is right by its form. */
export function limitProblems(
  { deadline, max_cost_usd: cost }: Record<string, unknown>,
  now: number,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { shape } = SubmitBody;
  if (typeof deadline === "string" && shape.deadline.safeParse(deadline).success) {
    const deadlineAt = Date.parse(deadline);
    if (deadlineAt > now + SUBMIT_LIMITS.deadlineMs) {
      problems.push(wrong("deadline", "must lie within the next 7 days"));
    } else if (!(deadlineAt > now)) problems.push(wrong("deadline", "must lie in the future"));
  }
  const isAmount = typeof cost === "string" && shape.max_cost_usd.safeParse(cost).success;
  if (isAmount && parseUsd(cost) === 0n) problems.push(wrong("max_cost_usd", "must be above 0"));
  return problems;
}

function boundsProblems({ min_class: min, max_class: max }: Record<string, unknown>): FieldProblem[] {
  if (!isJobClass(min) || !isJobClass(max) || !isAbove(min, max)) return [];
  return [wrong("min_class", "must not be above max_class; SIMPLE < CALCULATION < COMPLEX")];
}

function isJobClass(value: unknown): value is JobClass {
  return (JOB_CLASSES as readonly unknown[]).includes(value);
}

/** A key that the schema would drop in silence is refused: what was accepted is what is stored. */
function metadataProblems(metadata: unknown): FieldProblem[] {
  if (!isObject(metadata)) return [];
  const problems: FieldProblem[] = [];
  if (Object.hasOwn(metadata, "__proto__")) problems.push(wrong("metadata.__proto__", "is not a usable key"));
  if (hasTooMany(metadata)) {
    const detail = `must have at most ${SUBMIT_LIMITS.metadataKeys} keys`;
    problems.push({ path: "metadata", code: "custom", detail });
  }
  return problems;
}

/** The schema takes half a second over 100,000 keys of metadata, so it never sees too many. */
function withinBounds(fields: Record<string, unknown>): Record<string, unknown> {
  const { metadata } = fields;
  return isObject(metadata) && hasTooMany(metadata) ? { ...fields, metadata: {} } : fields;
}

function hasTooMany(metadata: object): boolean {
  return Object.keys(metadata).length > SUBMIT_LIMITS.metadataKeys;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(path: string, detail: string): FieldProblem {
  return { path, code: "invalid_value", detail };
}

function distinct(problems: readonly FieldProblem[]): FieldProblem[] {
  return [...new Map(problems.map((problem) => [`${problem.path}\n${problem.detail}`, problem])).values()];
}
