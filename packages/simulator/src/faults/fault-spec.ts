import { z } from "zod";
import { Refusal } from "../wires/refusals.ts";
import { FAULT_NAMES, type FaultName, isFaultName } from "./fault-table.ts";

const Parameters = z.strictObject({
  /** Seconds, for a refusal. */
  "retry-after": z.coerce.number().min(0).max(86_400).optional(),
  /** Size of a flood. */
  bytes: z.coerce.number().int().min(0).max(1_073_741_824).optional(),
  /** Pace of a trickle. */
  "interval-ms": z.coerce.number().min(1).max(60_000).optional(),
  /** Only the first so many requests with this key fail. */
  times: z.coerce.number().int().min(0).optional(),
  /** What `times` counts by; the text of the whole specification unless given. */
  key: z.string().optional(),
  /** Counts `times` for each job alone. */
  per: z.literal("job").optional(),
});
export type FaultParameters = z.infer<typeof Parameters>;

/** A fault somebody asked for by name: "429;retry-after=2", "reset;times=1;per=job". */
export interface FaultSpec {
  readonly name: FaultName;
  readonly parameters: FaultParameters;
  readonly text: string;
}

/** Reads a specification. A misspelt one is refused, because a test whose fault never happens proves nothing. */
export function parseFaultSpec(text: string): FaultSpec {
  const [name = "", ...pairs] = text.split(";").map((piece) => piece.trim());
  if (!isFaultName(name)) {
    throw new Refusal("400", `Unknown fault ${JSON.stringify(name)}. Known are: ${FAULT_NAMES.join(", ")}.`);
  }
  const parsed = Parameters.safeParse(Object.fromEntries(pairs.filter((pair) => pair !== "").map(splitPair)));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`.trim());
    throw new Refusal("400", `Fault ${name}: ${problems.join("; ")}`);
  }
  return { name, parameters: parsed.data, text };
}

function splitPair(pair: string): [string, string] {
  const equals = pair.indexOf("=");
  return equals === -1 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
}
