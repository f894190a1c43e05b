import { existsSync, readFileSync } from "node:fs";

/** Weights of the judge, once it is a trained one; its header tells what trained it. */
const SHIPPED_WEIGHTS = new URL("../../../services/classifier/model/weights.json", import.meta.url);

/** SHA-256 digests that the header of a file of weights names under `trained_on`; none without such a file. */
export function trainedOn(weights: URL = SHIPPED_WEIGHTS): string[] {
  if (!existsSync(weights)) return [];
  const header = JSON.parse(readFileSync(weights, "utf8")) as { trained_on?: unknown };
  // Wherever in the header a file is named: one digest, a list of them, or a list of files.
  return JSON.stringify(header.trained_on ?? null).match(/\b[0-9a-f]{64}\b/g) ?? [];
}
