import { expect, test } from "vitest";
import { SwitchyardError } from "../errors/index.ts";
import { EXAMPLE_PRICE_IDS as PRICES, EXAMPLE_YAML as YAML } from "./__fixtures__/example-catalogue.ts";
import { loadCatalogue } from "./load-catalogue.ts";

function budgetsOf(section: string) {
  const text = `${YAML}\ntags: [team]\nbudgets:\n${section}`;
  return loadCatalogue({ text, file: "f.yaml", priceIds: PRICES, environment: {} }).budgets;
}

function problemsOf(section: string): string[] {
  try {
    budgetsOf(section);
  } catch (error) {
    if (!(error instanceof SwitchyardError)) throw error;
    return error.problems.map(({ path, detail }) => `${path.replace(/^\S+ /, "")}: ${detail}`);
  }
  return [];
}

test("a budget has a limit and a window, and stops jobs unless told otherwise", () => {
  expect(budgetsOf('  all: { window: day, limit_usd: "20" }')).toEqual({
    all: { window: "day", limit_usd: "20", hard_stop: true },
  });
  const whole = `  acme.red:
    tenant: acme
    key: k1
    tag: { name: team, value: red }
    window: month
    time_zone: Europe/Berlin
    limit_usd: "1000000"
    alert_at_percent: 80
    hard_stop: false`;
  expect(budgetsOf(whole)).toEqual({
    "acme.red": {
      ...{ tenant: "acme", key: "k1", tag: { name: "team", value: "red" } },
      ...{ window: "month", time_zone: "Europe/Berlin", limit_usd: "1000000" },
      ...{ alert_at_percent: 80, hard_stop: false },
    },
  });
});

test("all problems of budgets are told at once, with the nearest names", () => {
  const section = `  All: { window: day, limit_usd: "20" }
  far: { window: day, limit_usd: "1000000.01" }
  float: { window: day, limit_usd: 20 }
  odd: { window: year, limit_usd: "1", alert_at_percent: 101, hardstop: true, tag: { nam: a, value: b } }
  tagged: { window: day, limit_usd: "1", tag: { name: taem, value: red } }
  zone: { window: day, limit_usd: "1", time_zone: Europe/Berln }
  offset: { window: day, limit_usd: "1", time_zone: "+02:00" }`;
  expect(problemsOf(section)).toEqual([
    "budgets.All: the id must be 1 to 63 of a-z, 0-9, dot and hyphen, and start with a letter or a digit",
    "budgets.far.limit_usd: must be at most 1000000",
    "budgets.float.limit_usd: must be a text; put it in quotes",
    "budgets.odd.window: must be one of hour, day, week, month",
    "budgets.odd.alert_at_percent: must be at most 100",
    'budgets.odd.hardstop: unknown setting "hardstop" (did you mean hard_stop?)',
    "budgets.odd.tag.name: is missing",
    'budgets.odd.tag.nam: unknown setting "nam" (did you mean name?)',
    'budgets.tagged.tag.name: unknown tag "taem" (did you mean team?)',
    'budgets.zone.time_zone: unknown time zone "Europe/Berln" (did you mean Europe/Berlin?)',
    'budgets.offset.time_zone: unknown time zone "+02:00"; give a name such as Europe/Berlin or UTC',
  ]);
});
