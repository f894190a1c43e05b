import { describe, expect, test } from "vitest";
import { schemaFindings } from "./check.ts";
import { lint, RULE_NAMES } from "./lint.ts";
import { idOf, type Manifest, parseManifests } from "./manifest.ts";
import { MORE_MISTAKES } from "./more-mistakes.ts";
import { renderedPath } from "./render.ts";
import { readText } from "./repository.ts";
import { RESTRICTED_MISTAKES } from "./restricted-mistakes.ts";
import { type Mistake, SEEDED_MISTAKES } from "./seeded-mistakes.ts";
import { typeComplaints } from "./typed-check.ts";

const OTHERS = [...MORE_MISTAKES, ...RESTRICTED_MISTAKES];
const ALL = [...SEEDED_MISTAKES, ...OTHERS];

interface Tree {
  [key: string | number]: Tree;
}

/** The documents of a rendering, one of them with the mistake; throws where the mistake no longer fits. */
function plant({ in: name, document, at, to }: Mistake): { changed: Manifest; manifests: Manifest[] } {
  const manifests = parseManifests(readText(renderedPath(name)));
  const changed = manifests.find((manifest) => idOf(manifest) === document);
  if (changed === undefined) throw new Error(`${renderedPath(name)} has no ${document}`);
  const last = at.at(-1) ?? "";
  const parent = at.slice(0, -1).reduce<Tree | undefined>((value, key) => value?.[key], changed as never);
  if (parent === undefined) throw new Error(`${document} has no ${at.join(".")}`);
  if (to === undefined && !(last in parent)) throw new Error(`${document} has no ${at.join(".")} to remove`);
  if (to === undefined) delete parent[last];
  else parent[last] = to as Tree;
  return { changed, manifests };
}

/** The planted document, or null where the mistake no longer fits: its own test tells why. */
function planted(mistake: Mistake): Manifest | null {
  try {
    return plant(mistake).changed;
  } catch {
    return null;
  }
}

/** What the compiler says of each, in one run: each alone would take a second. */
const saidByTypes = (() => {
  const fitting = ALL.flatMap((mistake) => {
    const changed = planted(mistake);
    return changed === null ? [] : [{ mistake, changed }];
  });
  const complaints = typeComplaints(fitting.map(({ changed }) => changed));
  return new Set(fitting.filter((_, index) => complaints[index]?.length).map(({ mistake }) => mistake));
})();

async function rulesThatCatch(mistake: Mistake): Promise<string[]> {
  const { changed, manifests } = plant(mistake);
  const findings = [...(await schemaFindings([changed])), ...lint(manifests)];
  return [...(saidByTypes.has(mistake) ? ["types"] : []), ...findings.map(({ rule }) => rule)];
}

describe("a seeded mistake is caught by name", () => {
  test.each(SEEDED_MISTAKES.map((mistake, index) => ({ number: index + 1, mistake })))(
    "$number: $mistake.mistake",
    async ({ mistake }) => {
      expect(await rulesThatCatch(mistake)).toContain(mistake.caughtBy);
    },
  );

  test.each(OTHERS.map((mistake) => ({ mistake })))("$mistake.mistake", async ({ mistake }) => {
    expect(await rulesThatCatch(mistake)).toContain(mistake.caughtBy);
  });
});

test("22 mistakes are numbered", () => {
  expect(SEEDED_MISTAKES).toHaveLength(22);
});

test("every check has a mistake that it catches", () => {
  const proved = new Set(ALL.map(({ caughtBy }) => caughtBy));
  expect([...proved].sort()).toEqual([...RULE_NAMES, "types", "schema"].sort());
});
