import { SwitchyardError } from "@switchyard/shared/errors";
import type { Command } from "commander";
import { CommandFailure } from "../failure.ts";
import type { Context } from "../terminal.ts";

export function addTable(program: Command, context: Context): void {
  const table = program
    .command("table")
    .description("Makes the table in DynamoDB, or says whether it is right.");
  table
    .command("create")
    .description("Makes the table unless it exists, with its indexes and its time to live; then checks it.")
    .action(() => withTable(context, true));
  table
    .command("check")
    .description("Tells what is not as the services need it, as they do when they start.")
    .action(() => withTable(context, false));
}

/** The client of DynamoDB is loaded only for this, as it takes longer to load than the API to answer. */
async function withTable(context: Context, isMade: boolean): Promise<void> {
  const { openLedgerFrom } = await import("@switchyard/shared/service");
  const ledger = openLedgerFrom(context);
  try {
    if (isMade) await ledger.createTable();
    for (const warning of await ledger.checkTable()) context.write(`! ${warning}\n`);
    context.write("the table is what the services expect\n");
  } catch (error) {
    throw toTell(error);
  } finally {
    ledger.close();
  }
}

/** A table that is wrong is a no; whatever the way to it throws means that nobody answers. */
function toTell(error: unknown): Error {
  if (!(error instanceof SwitchyardError))
    return new SwitchyardError("LEDGER_UNAVAILABLE", String(error), { cause: error });
  if (error.code !== "LEDGER_UNSUITABLE") return error;
  return new CommandFailure(error.message, 1, { cause: error });
}
