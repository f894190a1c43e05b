import { SwitchyardError } from "../errors/index.ts";

/** Names of answers that say our own request was wrong; everything else may work later. */
const OUR_FAULT = new Set(["ValidationException", "ItemCollectionSizeLimitExceededException"]);

/**
 * Runs a request and translates whatever DynamoDB or the way to it throws, once.
 * @throws SwitchyardError LEDGER_UNAVAILABLE, or INTERNAL_FAULT for a request that can never work.
 */
export async function translated<Result>(send: () => Promise<Result>): Promise<Result> {
  try {
    return await send();
  } catch (error) {
    const name = error instanceof Error ? error.name : "unknown";
    const code = OUR_FAULT.has(name) ? "INTERNAL_FAULT" : "LEDGER_UNAVAILABLE";
    const hint = name === "ResourceNotFoundException" ? "; create the table first" : "";
    throw new SwitchyardError(code, `DynamoDB: ${name}${hint}`, { cause: error });
  }
}
