import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatUsd, parseUsd } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, send, startSystem } from "./api/system.ts";
import { switchyardOn } from "./cli-support.ts";

afterAll(watchLeaks());

const shipped = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

let system: System;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "switchyard-replay-"));
  const config = join(folder, "holdout.yaml");
  writeFileSync(
    config,
    shipped("switchyard.yaml").replace("classifier:\n", "classifier:\n  holdout_percent: 50\n"),
  );
  system = await startSystem({ latencyScale: 0, environment: { SWITCHYARD_CONFIG: config } });
});
afterAll(async () => {
  await system.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a replay takes costs as later prices have them, and leaves jobs of the holdout out", async () => {
  const headers = { prefer: "wait=30" };
  const submit = (body: object) =>
    send<{ status: string; model: string; cost: { total_usd: string } }>(system, "POST /v1/jobs", {
      body,
      headers,
    });
  const named = await submit({ input: "What is 12.5 % of 3,480?", model: "sim-math" });
  expect(named.body.status).toBe("succeeded");
  // Half of them are drawn: forty in a row that are not would be a wonder.
  const models: string[] = [];
  while (models.length < 40 && models.at(-1) !== "sim-large")
    models.push((await submit({ input: `What is the capital of place ${models.length}?` })).body.model);
  expect(models.at(-1)).toBe("sim-large");

  const book = JSON.parse(shipped("prices.json")) as { prices: Record<string, string>[] };
  for (const price of book.prices.filter(({ id }) => id === "simulated/sim-math"))
    for (const name of ["input", "output"]) price[name] = formatUsd(2n * parseUsd(price[name] ?? ""));
  const dearer = join(folder, "dearer.json");
  writeFileSync(dearer, JSON.stringify(book));
  const repriced = await switchyardOn(system, ["ledger", "reprice", "--measured", "--write"], {
    SWITCHYARD_PRICES: dearer,
  });
  expect(repriced).toMatchObject({ code: 0, out: expect.stringMatching(/ 1 adjusted/) });

  const { code, out } = await switchyardOn(system, ["config", "check", "--replay-since", "1h"]);
  const once = parseUsd(named.body.cost.total_usd);
  const line = /^ {2}sim-math +1 +(\S+) +(\S+) +(\S+) /m.exec(out)?.slice(1);
  expect([code, line]).toEqual([0, [2n * once, once, -once].map(formatUsd)]);
  expect(out).toMatch(new RegExp(`^${models.length} jobs in all: `, "m"));
  expect(out).toMatch(/ 1 of the holdout$/m);
  expect(out).toMatch(/ calls that brought no answer, cost 0 USD then/);
});
