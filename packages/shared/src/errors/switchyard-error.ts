import { ERROR_KINDS, type ErrorCode, type ErrorKind, errorRow } from "./catalogue.ts";

/** One problem with one field of what somebody sent. */
export interface FieldProblem {
  /** Dotted path, e.g. `messages.0.content`; empty for the whole body. */
  path: string;
  code: string;
  detail: string;
}

export interface SwitchyardErrorOptions {
  cause?: unknown;
  /** How long the other side asked us to wait. */
  retryAfterMs?: number;
  problems?: readonly FieldProblem[];
}

/** The only error class. Its code decides what the machinery does with it. */
export class SwitchyardError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly problems: readonly FieldProblem[];

  constructor(code: ErrorCode, message: string, options: SwitchyardErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SwitchyardError";
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.problems = options.problems ?? [];
  }

  get kind(): ErrorKind {
    return errorRow(this.code).kind;
  }

  get isRetriable(): boolean {
    return ERROR_KINDS[this.kind].retriable;
  }
}

/** Whatever was thrown, as one of ours: anything unrecognised is our own fault. */
export function asSwitchyardError(thrown: unknown): SwitchyardError {
  if (thrown instanceof SwitchyardError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new SwitchyardError("INTERNAL_FAULT", message, { cause: thrown });
}
