import { bedrockName, readCostAndUsageReport } from "./aws-cur.ts";
import { readOpenAiExport } from "./openai.ts";
import { readSimulatorBill } from "./simulator.ts";
import type { StatedLine, Told } from "./stated.ts";

/** A kind of file that a provider says in what it bills. */
export interface Format {
  read: (lines: AsyncIterable<string>, told: Told, owner: string | undefined) => AsyncGenerator<StatedLine>;
  /** What the names have in common that a model has in the file and at the provider. */
  nameOf: (model: string) => string;
  /** Whose calls it is about unless said otherwise: ids of the catalogue. */
  providers: readonly string[];
  /** It has a line for each call. */
  isPerCall: boolean;
  /** Its lines say whose they are. */
  hasOwners: boolean;
}

export const FORMATS: Readonly<Record<string, Format>> = {
  openai: {
    read: readOpenAiExport,
    // One asked for by a name without a date is told with it.
    nameOf: (model) => model.toLowerCase().replace(/-(?:\d{4}-\d\d-\d\d|latest)$/, ""),
    providers: ["openai"],
    isPerCall: false,
    hasOwners: true,
  },
  "aws-cur": {
    read: readCostAndUsageReport,
    nameOf: bedrockName,
    providers: ["bedrock"],
    isPerCall: false,
    hasOwners: true,
  },
  simulator: {
    read: (lines, told) => readSimulatorBill(lines, told),
    nameOf: (model) => model,
    providers: ["simulated", "simulated-bedrock"],
    isPerCall: true,
    hasOwners: false,
  },
};
