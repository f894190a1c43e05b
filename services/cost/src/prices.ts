import { managePrices } from "./manage-prices.ts";

// A program, so its environment is read here: `node services/cost/src/prices.ts import model_prices.json --write`.
try {
  // biome-ignore lint/style/noProcessEnv: this is an entry, as main.ts is.
  const lines = managePrices(process.argv.slice(2), process.env, Date.now());
  process.stdout.write(`${lines.join("\n")}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
