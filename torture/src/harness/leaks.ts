import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { API_KEY, PEPPER, STORE_SECRET } from "./environment.ts";
import { PROMPT_CANARY } from "./prompts.ts";
import type { Supervised } from "./supervised.ts";

/** What must stand in no log, on no metrics page, in no answer that tells of a problem, and nowhere in Redis. */
const CANARIES: Readonly<Record<string, string>> = {
  prompt: PROMPT_CANARY,
  "API key": API_KEY,
  pepper: PEPPER,
  "secret of the store": STORE_SECRET,
};

/** Which of the canaries a text contains, by name. */
export function canariesIn(text: string | Buffer): string[] {
  return Object.keys(CANARIES).filter((name) => text.includes(CANARIES[name] as string));
}

/** Every place in which a canary stands: logs of all processes so far, their metrics pages, the files of Redis. */
export async function findLeaks(
  processes: readonly Supervised[],
  redisFolders: readonly string[],
): Promise<string[]> {
  const logs = processes.map((process) => ({
    where: `the log of ${process.name}`,
    text: process.logs().join("\n"),
  }));
  const pages = processes.map(async ({ name, operationsUrl }) => {
    const url = operationsUrl();
    const text = url === null ? "" : await (await fetch(`${url}/metrics`)).text();
    return { where: `the metrics of ${name}`, text };
  });
  const files = redisFolders.map(async (folder) => ({
    where: "the file of Redis",
    text: await contentsOf(folder),
  }));
  const places = [...logs, ...(await Promise.all([...pages, ...files]))];
  return places.flatMap(({ where, text }) => canariesIn(text).map((name) => `a ${name} is in ${where}`));
}

async function contentsOf(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))));
}
