import { expect, test } from "vitest";
import { SwitchyardError } from "../errors/index.ts";
import { EXAMPLE_PRICE_IDS as PRICES, EXAMPLE_YAML as YAML } from "./__fixtures__/example-catalogue.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import { tenantClassOf } from "./tenant-classes.ts";

const load = (section = "") =>
  loadCatalogue({ text: `${YAML}\n${section}`, file: "f.yaml", priceIds: PRICES, environment: {} });

function problemsOf(section: string): string[] {
  try {
    load(section);
  } catch (error) {
    if (!(error instanceof SwitchyardError)) throw error;
    return error.problems.map(({ path, detail }) => `${path}: ${detail}`);
  }
  return [];
}

test("a tenant is of the class that lists it, and all others are of one", () => {
  const catalogue = load("tenant_classes:\n  inner: [research, batch]\n  paying: [acme]");
  const classes = ["research", "batch", "acme", "stranger"].map((tenant) => tenantClassOf(catalogue, tenant));
  expect(classes).toEqual(["inner", "inner", "paying", "other"]);
  expect(catalogue.tenantClasses.names).toEqual(["inner", "paying", "other"]);
  expect(tenantClassOf(load(), "acme")).toBe("other");
});

test("all problems are told with their lines: a tenant in two classes, the class of all others, an empty one, a bad id", () => {
  const first = YAML.split("\n").length + 2;
  const section = `tenant_classes:
  inner: [acme, batch]
  paying: [acme, batch, 7]
  other: [x]
  none: []
  Big One: [y]`;
  expect(problemsOf(section)).toEqual([
    `f.yaml:${first + 1}:12 tenant_classes.paying[0]: tenant "acme" is in class inner already`,
    `f.yaml:${first + 1}:18 tenant_classes.paying[1]: tenant "batch" is in class inner already`,
    `f.yaml:${first + 1}:25 tenant_classes.paying[2]: must be a text; put it in quotes`,
    `f.yaml:${first + 2}:3 tenant_classes.other: "other" is the class of all tenants that none lists; leave it out`,
    `f.yaml:${first + 3}:9 tenant_classes.none: must name at least one tenant`,
    `f.yaml:${first + 4}:3 tenant_classes.Big One: the id must be 1 to 63 of a-z, 0-9, dot and hyphen, and start with a letter or a digit`,
  ]);
});

test("there are at most 16 classes", () => {
  const classes = (count: number) =>
    `tenant_classes:\n${Array.from({ length: count }, (_, n) => `  c${n}: [t${n}]`).join("\n")}`;
  expect(problemsOf(classes(16))).toEqual([]);
  expect(problemsOf(classes(17))).toEqual([
    expect.stringMatching(/tenant_classes: must have at most 16 classes$/),
  ]);
});
