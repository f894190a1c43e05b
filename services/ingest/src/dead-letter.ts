import { REPLAY_LIMITS } from "@switchyard/shared/contracts";
import { ERRORS, type ErrorCode, errorRow } from "@switchyard/shared/errors";
import type { JobRow } from "@switchyard/shared/ledger";

/** Failed, and nobody has decided yet what becomes of it. */
export function isDeadLetter({ status, discarded }: JobRow): boolean {
  return status === "failed" && discarded === undefined;
}

/** Why a job cannot be replayed as it is now; null when it can. */
export function reasonAgainstReplay({ status, discarded, generation }: JobRow): string | null {
  if (status !== "failed" && status !== "expired") {
    return `only a job that failed or expired can be replayed; this one is ${status}`;
  }
  if (discarded !== undefined) return "the job was discarded; submit it anew";
  if (generation < REPLAY_LIMITS.generations) return null;
  return `the job was replayed ${generation - 1} times; submit it anew`;
}

/** A stored code in the words of the API; one of an older release counts as an internal error. */
export function apiCodeOf(code: string): string {
  return errorRow(knownCode(code)).api;
}

/** The stored code, or the one that stands for all that this release does not know. */
export function knownCode(code: string): ErrorCode {
  return Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "INTERNAL_FAULT";
}

export function isApiCode(text: string): boolean {
  return Object.values(ERRORS).some(({ api }) => api === text);
}
