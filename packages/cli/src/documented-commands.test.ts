import { readFileSync } from "node:fs";
import { LEDGER_USAGE, PRICES_USAGE } from "@switchyard/cost";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { buildProgram } from "./program.ts";

const PAGE = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");
/** The lines of its shell examples that call the command, without what the shell does with the answer. */
const EXAMPLES = [...PAGE.matchAll(/^```sh\n(.*?)^```/gms)]
  .flatMap(([, script = ""]) => script.replaceAll(/ \\\n\s*/g, " ").split("\n"))
  .flatMap((line) => /(?:^|\s)switchyard (?:-- )?(.+)$/.exec(line)?.[1] ?? [])
  .map((line) => line.replace(/ +[#>|].*$/, "").split(/\s+/));

const context = {
  ...{ environment: {}, readFile: () => "", write: () => {}, writeError: () => {} },
  ...{ columns: 80, now: Date.now, endWith: () => {} },
};

interface Leaf {
  words: string[];
  command: Command;
}

/** Every command that does something. */
function leavesOf(command: Command, words: string[] = []): Leaf[] {
  if (command.commands.length === 0) return [{ words, command }];
  return command.commands.flatMap((inner) => leavesOf(inner, [...words, inner.name()]));
}

const LEAVES = leavesOf(buildProgram(context));

describe("docs/cli.md", () => {
  test.each(LEAVES.map(({ words, command }) => [words.join(" "), command] as const))(
    "has an example of %s, and names its options",
    (path, command) => {
      expect(EXAMPLES.some((words) => words.join(" ").startsWith(path))).toBe(true);
      for (const { long } of command.options) expect(PAGE).toContain(long);
    },
  );

  test.each([
    ["prices", PRICES_USAGE],
    ["ledger", LEDGER_USAGE],
  ])("has an example of all that %s hands on", (name, usage) => {
    const verbs = [...usage.matchAll(new RegExp(`^  ${name} (\\w+)`, "gm"))].map(
      ([, verb]) => `${name} ${verb}`,
    );
    expect(verbs.length).toBeGreaterThan(0);
    for (const verb of verbs)
      expect(EXAMPLES.map((words) => words.join(" "))).toContainEqual(expect.stringMatching(verb));
  });

  test.each(EXAMPLES.map((words) => [words.join(" "), words] as const))(
    "shows no option that %s does not have",
    (...row) => {
      const [, words] = row;
      const leaf = LEAVES.find(({ words: path }) => path.every((word, index) => word === words[index]));
      expect(leaf).toBeDefined();
      // Commands that hand their arguments on are read by somebody else.
      if (leaf === undefined || leaf.command.options.length === 0) return;
      const known = leaf.command.options.map(({ long }) => long);
      for (const word of words.filter((one) => one.startsWith("--"))) expect(known).toContain(word);
    },
  );
});
