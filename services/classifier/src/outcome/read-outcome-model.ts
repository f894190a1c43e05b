import { readFileSync } from "node:fs";
import type { Catalogue } from "@switchyard/shared/catalogue";
import { SwitchyardError } from "@switchyard/shared/errors";
import { readOutcomeFile } from "./outcome-file.ts";
import { type OutcomeModel, outcomeModelOf } from "./outcome-model.ts";

/**
 * The outcome models that the catalogue names: the one in use, and the one that is tried out.
 * @throws SwitchyardError CONFIG_INVALID naming the setting and what is wrong with its file.
 */
export function outcomeModelsOf({ classifier }: Catalogue): {
  outcome?: OutcomeModel;
  shadow?: OutcomeModel;
} {
  const { outcomeModelFile: used, shadowModelFile: shadow } = classifier;
  return {
    ...(used === undefined ? {} : { outcome: readFrom("outcome_model", used) }),
    ...(shadow === undefined ? {} : { shadow: readFrom("shadow_model", shadow) }),
  };
}

function readFrom(setting: string, path: string): OutcomeModel {
  const where = `classifier.${setting}: ${path}`;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new SwitchyardError("CONFIG_INVALID", `${where}: cannot be read`, { cause: error });
  }
  return outcomeModelOf(readOutcomeFile(text, where));
}
