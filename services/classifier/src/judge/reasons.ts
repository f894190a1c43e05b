import { JOB_CLASSES } from "@switchyard/shared/contracts";
import { FEATURE_NAMES } from "./features.ts";
import type { Reading } from "./model.ts";
import { counts } from "./reading/structure-counts.ts";

const REASONS = 5;
const LEAST = 0.05;
const NAMES = [...FEATURE_NAMES, "its wording"];

/**
 * The length, and what spoke most for the chosen class: each signal with its lead in that class's logit over the mean of
 * the others, e.g. "asks for a proof +2.10".
 */
export function reasonsOf({ contributions, chosen }: Reading): string[] {
  const classes = JOB_CLASSES.length;
  const strongest: { name: string; lead: number }[] = [];
  for (const [index, name] of NAMES.entries()) {
    let others = 0;
    for (let kind = 0; kind < classes; kind += 1) {
      if (kind !== chosen) others += contributions[index * classes + kind] as number;
    }
    const lead = ((contributions[index * classes + chosen] as number) - others / (classes - 1)) / 2;
    if (lead < LEAST || (strongest.length === REASONS && lead <= (strongest.at(-1)?.lead ?? 0))) continue;
    strongest.push({ name, lead });
    strongest.sort((left, right) => right.lead - left.lead);
    strongest.length = Math.min(strongest.length, REASONS);
  }
  const length = counts.words === 1 ? "1 word" : `${counts.words} words`;
  return [length, ...strongest.map(({ name, lead }) => `${name} +${lead.toFixed(2)}`)];
}
