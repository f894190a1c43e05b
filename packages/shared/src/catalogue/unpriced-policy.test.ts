import { expect, test } from "vitest";
import { SwitchyardError } from "../errors/index.ts";
import { EXAMPLE_PRICE_IDS as PRICES, EXAMPLE_YAML as YAML } from "./__fixtures__/example-catalogue.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import { unpricedPolicyOf } from "./unpriced-policy.ts";

const load = (section = "") =>
  loadCatalogue({ text: `${YAML}\n${section}`, file: "f.yaml", priceIds: PRICES, environment: {} });

function problemsOf(section: string): string[] {
  try {
    load(section);
  } catch (error) {
    if (!(error instanceof SwitchyardError)) throw error;
    return error.problems.map(({ path, detail }) => `${path.replace(/^\S+ /, "")}: ${detail}`);
  }
  return [];
}

test("models without a price take no jobs unless the file says otherwise", () => {
  expect(unpricedPolicyOf(load(), "acme")).toEqual({ policy: "refuse", cap: null });
});

test("a tenant has a policy of its own, else that of all others, and a cap likewise", () => {
  const catalogue = load(`unpriced:
  policy: hold
  cap: { input: "10", output: "40" }
  tenants:
    bold: { policy: allow }
    bolder: { policy: allow, cap: { input: "100", output: "400" } }
    strict: { policy: refuse }`);
  const policies = [null, "acme", "bold", "bolder", "strict"].map((tenant) =>
    unpricedPolicyOf(catalogue, tenant),
  );
  expect(policies).toEqual([
    { policy: "hold", cap: null },
    { policy: "hold", cap: null },
    { policy: "allow", cap: { input: "10", output: "40" } },
    { policy: "allow", cap: { input: "100", output: "400" } },
    { policy: "refuse", cap: null },
  ]);
});

test("all problems are told at once: a policy that is none, one that lacks its cap, a cap that is no price", () => {
  const section = `unpriced:
  policy: allow
  tenants:
    a: { policy: alow }
    b: { policy: allow }
    c: { policy: hold, cap: { input: 10, output: "0" } }
    d: { cap: { input: "1", output: "1.0000001" } }
    e: { polcy: hold }`;
  expect(problemsOf(section).sort()).toEqual([
    "unpriced.policy: policy allow needs cap, the most that a token may cost",
    "unpriced.tenants.a.policy: must be one of refuse, hold, allow",
    "unpriced.tenants.b.policy: policy allow needs cap, the most that a token may cost",
    "unpriced.tenants.c.cap.input: must be a text; put it in quotes",
    "unpriced.tenants.c.cap.output: must be more than 0",
    'unpriced.tenants.d.cap.output: must be a decimal string such as "10", with at most 6 decimals',
    "unpriced.tenants.d.policy: is missing",
    'unpriced.tenants.e.polcy: unknown setting "polcy" (did you mean policy?)',
    "unpriced.tenants.e.policy: is missing",
  ]);
});
