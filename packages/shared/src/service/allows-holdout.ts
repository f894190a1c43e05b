import type { Catalogue } from "../catalogue/index.ts";
import type { ClassBounds } from "../contracts/index.ts";

/** Whether jobs like this one may be drawn at all: those that leave the choice to Switchyard, and may be of the most demanding class. */
export function allowsHoldout(
  { classifier }: Pick<Catalogue, "classifier">,
  { model, bounds }: { model: string; bounds: ClassBounds },
): boolean {
  return classifier.holdoutPpm > 0 && model === "auto" && (bounds.max === null || bounds.max === "COMPLEX");
}
