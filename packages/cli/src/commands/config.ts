import type { Command } from "commander";
import type { CheckOptions } from "../config-check/check-config.ts";
import type { Context } from "../terminal.ts";

const REPLAY = `
With --replay-since the table is read, and nothing is written: each job that was
submitted in that time and has been answered goes once more through the routing,
with this catalogue and these prices. No model is called. It reads
DYNAMODB_ENDPOINT, DYNAMODB_TABLE and AWS_REGION, as the services do, and needs
no API.`;

export function addConfig(program: Command, context: Context): void {
  const config = program
    .command("config")
    .description("Looks at a catalogue and a price book before they are used.");
  config
    .command("check")
    .description(
      "Tells every problem of both files, who would take jobs, and what past jobs would have cost.",
    )
    .argument(
      "[file]",
      "the catalogue (default: SWITCHYARD_CONFIG, else the switchyard.yaml that is shipped)",
    )
    .option(
      "--prices <file>",
      "the price book (default: SWITCHYARD_PRICES, else the prices.json that is shipped)",
    )
    .option("--assume-active <ids>", "providers whose variables count as set, or `all`")
    .option("--replay-since <time>", "route the jobs of that time again, such as 90m, 24h or 7d")
    .option("--tenant <tenant>", "replay the jobs of one tenant")
    .addHelpText("after", REPLAY)
    .action(async (file: string | undefined, options: Omit<CheckOptions, "file">) => {
      // With it come the services' own readers and their routing, which no other command needs.
      const { checkConfig } = await import("../config-check/check-config.ts");
      await checkConfig(context, { file, ...options });
    });
}
