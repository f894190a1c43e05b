import { createHash } from "node:crypto";
import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileLines } from "./file-lines.ts";

/** Lines that are kept on disk, in parts that are small enough to be held in memory one after the other. */
export interface Spill {
  /** Lines of one name come to lie in one part, in the order in which they were written. */
  write: (lines: readonly Line[]) => Promise<void>;
  parts: () => AsyncGenerator<AsyncIterable<string>>;
  remove: () => Promise<void>;
}

/** One for each value of a byte: of 100 million lines a part has 400,000. */
const BYTES = 2;
/** Lines that are held until they are written together: each part is a file, to be opened and closed again. */
const MAX_HELD = 20_000;

interface Line {
  name: string;
  text: string;
}

export async function openSpill(): Promise<Spill> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-verify-"));
  const partOf = (name: string) => createHash("sha256").update(name).digest("hex").slice(0, BYTES);
  let held: Line[] = [];

  async function flush(): Promise<void> {
    const parts = Map.groupBy(held, ({ name }) => partOf(name));
    held = [];
    for (const [part, own] of parts)
      await appendFile(join(folder, part), own.map(({ text }) => `${text}\n`).join(""));
  }

  return {
    async write(lines) {
      held.push(...lines);
      if (held.length >= MAX_HELD) await flush();
    },
    async *parts() {
      await flush();
      // Not by `readline`, for which a line also ends at U+2028 and U+2029: JSON leaves these as they are.
      for (const part of await readdir(folder)) yield fileLines(join(folder, part));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
