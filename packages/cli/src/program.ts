import { Command } from "commander";
import { addBudget } from "./commands/budget.ts";
import { addConfig } from "./commands/config.ts";
import { addCost } from "./commands/cost.ts";
import { addKeys } from "./commands/keys.ts";
import { addLedger, addPrices } from "./commands/operator-commands.ts";
import { addReceipt } from "./commands/receipt.ts";
import { addTable } from "./commands/table.ts";
import type { Context } from "./terminal.ts";

const ABOUT = "What jobs cost, and the administration of an installation.";

const MORE = `
SWITCHYARD_URL and SWITCHYARD_API_KEY say which API is asked, and as whom.
Exit codes: 0 done; 1 the answer is a no; 2 it could not be done, or be said.
docs/cli.md has an example of every command.`;

/** Every command, in the order in which help lists them. */
export function buildProgram(context: Context): Command {
  const program = new Command("switchyard")
    .description(ABOUT)
    .addHelpText("after", MORE)
    .exitOverride()
    // Options of a command that hands its arguments on are not ours.
    .enablePositionalOptions()
    .configureHelp({ helpWidth: Math.min(context.columns ?? 80, 100) })
    .configureOutput({
      writeOut: context.write,
      writeErr: context.writeError,
      outputError: (text, write) => write(text.replace(/^error: /, "switchyard: ")),
    });
  program.showHelpAfterError("Try --help.");
  for (const add of [addCost, addReceipt, addBudget, addKeys, addPrices, addLedger, addConfig, addTable])
    add(program, context);
  return program;
}
