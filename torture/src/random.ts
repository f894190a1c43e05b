import { createHash } from "node:crypto";

/** Numbers that follow from a seed alone. */
export interface Random {
  /** At least 0 and less than 1. */
  next: () => number;
  /** A whole number from `from` to `to`, both included. */
  whole: (from: number, to: number) => number;
  /** One of several; the list must not be empty. */
  pick: <Value>(values: readonly Value[]) => Value;
}

export function randomOf(seed: string): Random {
  let drawn = 0;
  const next = () => {
    drawn += 1;
    return createHash("sha256").update(`${seed} ${drawn}`).digest().readUInt32BE(0) / 2 ** 32;
  };
  const whole = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return { next, whole, pick: (values) => values[whole(0, values.length - 1)] as never };
}
