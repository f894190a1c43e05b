import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Lines that are kept on disk, in parts that are small enough to be held in memory one after the other. */
export interface Spill {
  /** Lines of one name come to lie in one part. */
  write: (lines: readonly { name: string; text: string }[]) => Promise<void>;
  parts: () => AsyncGenerator<AsyncIterable<string>>;
  remove: () => Promise<void>;
}

/** One for each value of a byte: of 100 million lines a part has 400,000. */
const BYTES = 2;

export async function openSpill(): Promise<Spill> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-verify-"));
  const partOf = (name: string) => createHash("sha256").update(name).digest("hex").slice(0, BYTES);
  return {
    async write(lines) {
      const parts = Map.groupBy(lines, ({ name }) => partOf(name));
      const writes = [...parts].map(([part, own]) =>
        appendFile(join(folder, part), own.map(({ text }) => `${text}\n`).join("")),
      );
      await Promise.all(writes);
    },
    async *parts() {
      for (const part of await readdir(folder)) {
        yield createInterface({
          input: createReadStream(join(folder, part)),
          crlfDelay: Number.POSITIVE_INFINITY,
        });
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
