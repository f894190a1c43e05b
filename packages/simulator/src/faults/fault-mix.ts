import { z } from "zod";
import type { Random } from "../seeded-random.ts";
import { FAULT_NAMES, type FaultName, isFaultName } from "./fault-table.ts";

/** What share of the calls meets which fault; the rest are answered. */
export type FaultMix = Readonly<Partial<Record<FaultName, number>>>;

/** Additions of decimal shares ("0.06 + 0.06 + …") may exceed 1 by a rounding error. */
const ROUNDING = 1e-9;

export const FaultMixSchema = z
  .record(z.string(), z.number().min(0).max(1))
  .superRefine((mix, context) => {
    for (const name of Object.keys(mix).filter((key) => !isFaultName(key))) {
      context.addIssue(`unknown fault "${name}"; known are: ${FAULT_NAMES.join(", ")}`);
    }
    const sum = Object.values(mix).reduce((total, share) => total + share, 0);
    if (sum > 1 + ROUNDING) context.addIssue(`the shares add up to ${sum}, more than 1`);
  })
  .transform((mix) => mix as FaultMix);

/** Reads "429=0.06,reset=0.03". */
export const FaultMixText = z
  .string()
  .transform((text) =>
    Object.fromEntries(
      text
        .split(",")
        .map((pair) => pair.trim())
        .filter((pair) => pair !== "")
        .map((pair) => {
          const [name = "", share = ""] = pair.split("=").map((piece) => piece.trim());
          return [name, share === "" ? Number.NaN : Number(share)];
        }),
    ),
  )
  .pipe(FaultMixSchema);

/** Draws one call's fate; undefined is an ordinary answer. */
export function drawFault(mix: FaultMix, random: Random): FaultName | undefined {
  let left = random();
  for (const [name, share] of Object.entries(mix)) {
    if (left < share) return name as FaultName;
    left -= share;
  }
  return undefined;
}
