import type { Command } from "commander";
import { CommandFailure } from "../failure.ts";
import type { Context } from "../terminal.ts";

// Both are parts of the cost service, which reads their arguments itself. It is loaded only when one of them is called:
// with it come the clients of Redis and DynamoDB, which take longer to load than the API to answer.

export function addPrices(program: Command, context: Context): void {
  handsOn(program, "prices", "Brings the list prices of the price book up to date.").action(
    async (args: string[]) => {
      const { managePrices, PRICES_USAGE } = await import("@switchyard/cost");
      if (wantsHelp(args)) return context.write(`${PRICES_USAGE}\n`);
      const lines = refused(() => managePrices(args, context.environment, context.now()));
      context.write(`${lines.join("\n")}\n`);
    },
  );
}

export function addLedger(program: Command, context: Context): void {
  handsOn(program, "ledger", "Checks the ledger, and prices calls whose price came later.").action(
    async (args: string[]) => {
      const { manageLedger, LEDGER_USAGE } = await import("@switchyard/cost");
      if (wantsHelp(args)) return context.write(`${LEDGER_USAGE}\n`);
      const isRight = await manageLedger(args, context, (line) => context.write(`${line}\n`));
      if (!isRight) context.endWith(1);
    },
  );
}

/** A command whose arguments, options too, are read by somebody else. */
function handsOn(program: Command, name: string, about: string): Command {
  return program
    .command(name)
    .description(about)
    .argument("[arguments...]", `see: switchyard ${name} --help`)
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions();
}

function wantsHelp(args: readonly string[]): boolean {
  return args.length === 0 || args.includes("--help") || args.includes("-h");
}

/** Doubts about what was given are a no. */
function refused<Result>(manage: () => Result): Result {
  try {
    return manage();
  } catch (error) {
    if (error instanceof RangeError) throw new CommandFailure(error.message, 1, { cause: error });
    throw error;
  }
}
