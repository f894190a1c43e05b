import { z } from "zod";
import { JOB_CLASSES, type JobClass } from "../contracts/index.ts";

const Judgement = z.strictObject({ class: z.enum(JOB_CLASSES) });

/** The answer has about thirty characters; what is much longer is none, and is not parsed. */
const MAX_LENGTH = 200;
/** Models that know no schema like to put their JSON into a block of code. */
const FENCE = /^```(?:json)?\s*([\s\S]*?)\s*```$/;

/** The class in a model's answer; null for anything but one object that names one of the three. */
export function readJudgement(text: string): JobClass | null {
  if (text.length > MAX_LENGTH) return null;
  const trimmed = text.trim();
  try {
    const parsed = Judgement.safeParse(JSON.parse(FENCE.exec(trimmed)?.[1] ?? trimmed));
    return parsed.success ? parsed.data.class : null;
  } catch {
    return null;
  }
}
