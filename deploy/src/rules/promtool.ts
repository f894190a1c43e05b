import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { filesOf, RULES_DIR, TESTS_DIR } from "./rule-files.ts";

const run = promisify(execFile);

export interface Verdict {
  isOk: boolean;
  said: string;
}

/** What promtool says. It never rejects: a complaint is an answer. */
export async function askPromtool(promtool: string, args: readonly string[]): Promise<Verdict> {
  try {
    const { stdout, stderr } = await run(promtool, args, { timeout: 110_000, maxBuffer: 16 * 1024 * 1024 });
    return { isOk: true, said: stdout + stderr };
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
    return { isOk: false, said: stdout + stderr || message };
  }
}

/** Runs the promtool tests on copies of the rules that `change` has changed, with a promtool for each test file. */
export async function testRules(
  promtool: string,
  change: (rules: string) => string = (rules) => rules,
): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-rules-"));
  try {
    await mkdir(join(folder, basename(RULES_DIR)));
    for (const [name, text] of filesOf(RULES_DIR, "*.yaml"))
      await writeFile(join(folder, basename(RULES_DIR), name), change(text));
    const tests = filesOf(TESTS_DIR, "*.test.yaml");
    for (const [name, text] of tests)
      await writeFile(join(folder, name), text.replace(/^rule_files: .*$/m, "rule_files: [rules/*.yaml]"));
    return await askPromtool(promtool, [
      "test",
      "rules",
      ...[...tests.keys()].map((name) => join(folder, name)),
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
