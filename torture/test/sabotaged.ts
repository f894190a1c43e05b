import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Invariant } from "../src/harness/invariants.ts";
import type { System, SystemOptions } from "../src/harness/system.ts";

/** A mistake that is made in a copy of the sources, and what must notice it. */
export interface Sabotage {
  /** Of the list in README.md. */
  letter: string;
  name: string;
  /** Each in a file of its own. */
  edits: readonly Edit[];
  breaks: Invariant;
  /** What the checker says of it: that something is wrong with the same invariant is not enough. */
  says: RegExp;
  /** Some jobs never end under it, and are waited for in vain. */
  strandsJobs?: true;
  system: SystemOptions;
  /** Jobs submitted; 24 unless given: enough for every mistake to be made once, and few enough for a short test. */
  jobs?: number;
  /** What every job says besides its prompt. */
  body?: object;
  /** What is done to the system once its jobs are accepted. */
  afterwards?: (system: System) => Promise<void>;
}

interface Edit {
  file: string;
  /** Must be there exactly once, so that a mistake that no longer fits is told. */
  line: string;
  becomes: string;
}

const ROOT = new URL("../../", import.meta.url);

/** The text of a file of this repository with a mistake in it. */
export async function edited({ file, line, becomes }: Edit): Promise<string> {
  const parts = (await readFile(new URL(file, ROOT), "utf8")).split(line);
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${line}`);
  return parts.join(becomes);
}

/** A copy of the sources with the mistake in it. Modules of others are shared with the original. */
export async function sabotaged({ edits }: Pick<Sabotage, "edits">) {
  const dir = await mkdtemp(join(tmpdir(), "switchyard-sabotage-"));
  const remove = () => rm(dir, { recursive: true, force: true });
  try {
    for (const name of ["packages", "services"]) {
      await cp(new URL(name, ROOT), join(dir, name), { recursive: true, verbatimSymlinks: true });
    }
    for (const name of ["node_modules", "package.json", "prices.json", "switchyard.yaml"]) {
      await symlink(fileURLToPath(new URL(name, ROOT)), join(dir, name));
    }
    for (const edit of edits) await writeFile(join(dir, edit.file), await edited(edit));
    return { sources: pathToFileURL(`${dir}/`), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
