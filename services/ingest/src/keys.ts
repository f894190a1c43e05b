import { readFileSync } from "node:fs";
import { manageKeys } from "./manage-keys.ts";

// A program, so its environment is read here: `node services/ingest/src/keys.ts create --tenant acme`.
// The key goes to standard output alone, so that it can be piped into a secret store.
try {
  // biome-ignore lint/style/noProcessEnv: this is an entry, as main.ts is.
  const source = { environment: process.env, readFile: (path: string) => readFileSync(path, "utf8") };
  const [first = "", ...others] = await manageKeys(process.argv.slice(2), source);
  process.stdout.write(`${first}\n`);
  for (const line of others) process.stderr.write(`${line}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
