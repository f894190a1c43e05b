import { JOB_CLASSES } from "@switchyard/shared/contracts";
import { dense, FEATURE_NAMES } from "./features.ts";
import type { Reading } from "./model.ts";
import { counts } from "./reading/structure-counts.ts";

const REASONS = 4;
const LEAST = 0.05;

/**
 * The length read, and what spoke most for the chosen class: each signal with its lead in that class's logit over the mean of
 * the others, e.g. "asks for a proof +2.10". What speaks by not being there is told as "without: numbers".
 */
export function reasonsOf({ contributions, chosen }: Reading): string[] {
  const strongest: { name: string; lead: number }[] = [];
  for (const [index, name] of FEATURE_NAMES.entries()) {
    const lead = leadOf(contributions, index, chosen);
    if (lead < LEAST || (strongest.length === REASONS && lead <= (strongest.at(-1)?.lead ?? 0))) continue;
    strongest.push({ name: dense[index] === 0 ? `without: ${name}` : name, lead });
    strongest.sort((left, right) => right.lead - left.lead);
    strongest.length = Math.min(strongest.length, REASONS);
  }
  // Its single words cannot be told, so that it comes last, however strong.
  const wording = leadOf(contributions, FEATURE_NAMES.length, chosen);
  if (wording >= LEAST) strongest.push({ name: "its wording", lead: wording });
  const length = counts.words === 1 ? "1 word" : `${counts.words} words`;
  return [length, ...strongest.map(({ name, lead }) => `${name} +${lead.toFixed(2)}`)];
}

function leadOf(contributions: Float64Array, index: number, chosen: number): number {
  const classes = JOB_CLASSES.length;
  let others = 0;
  for (let kind = 0; kind < classes; kind += 1) {
    if (kind !== chosen) others += contributions[index * classes + kind] as number;
  }
  // Both models' mean is the logit.
  return ((contributions[index * classes + chosen] as number) - others / (classes - 1)) / 2;
}
