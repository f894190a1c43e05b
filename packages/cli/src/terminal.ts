import type { EnvironmentSource } from "@switchyard/shared/config";

/** What a command is run from, and what it prints to. */
export interface Terminal extends EnvironmentSource {
  /** Standard output: the answer, and nothing else, so that it can be piped. */
  write: (text: string) => void;
  /** Standard error: progress, remarks and failures. */
  writeError: (text: string) => void;
  /** How wide a line of the answer may be; null: nobody looks at it. */
  columns: number | null;
  now: () => number;
}

/** 0: done. 1: the answer is a no. 2: it could not be done, or be said. */
export type ExitCode = 0 | 1 | 2;

/** What a command gets beside its own options. */
export interface Context extends Terminal {
  /** Ends with this code instead of 0. */
  endWith: (code: ExitCode) => void;
}
