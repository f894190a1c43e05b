import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { managePrices } from "./manage-prices.ts";

const MAP = fileURLToPath(new URL("prices/__fixtures__/price-map.json", import.meta.url));
const NOW = Date.UTC(2026, 8, 1, 23, 59);
const BOOK = JSON.stringify({
  ...{ version: "1", date: "2026-01-01", unit: "USD per million tokens" },
  sources: { mine: { title: "Our contract" } },
  prices: [{ id: "mine/model", input: "1", output: "2", source: "mine" }],
});

let folder: string;
let book: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "switchyard-prices-"));
  book = join(folder, "prices.json");
  writeFileSync(book, BOOK);
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => managePrices(args, { SWITCHYARD_PRICES: book }, NOW);

describe("prices import", () => {
  test("shows what would change, with the file's digest, and writes nothing", () => {
    const lines = run("import", MAP);
    expect(lines[0]).toMatch(/^price-map\.json, SHA-256 [0-9a-f]{64}$/);
    expect(lines.filter((line) => line.startsWith("+ "))).toHaveLength(34);
    expect(lines.at(-1)).toBe("nothing is written; --write writes it");
    expect(readFileSync(book, "utf8")).toBe(BOOK);
  });

  test("writes the book when it is told to, and finds nothing to change the next time", () => {
    expect(run("import", MAP, "--write").at(-1)).toBe(`${book} is written; services read it when they start`);
    expect(JSON.parse(readFileSync(book, "utf8"))).toMatchObject({ version: "2026-09-01.1" });
    const written = statSync(book).mtimeMs;
    expect(run("import", MAP, "--write").at(-1)).toBe("nothing changes");
    expect(statSync(book).mtimeMs).toBe(written);
  });

  test("takes only the file with the digest that was reviewed", () => {
    const [, digest = ""] = run("import", MAP)[0]?.split("SHA-256 ") ?? [];
    expect(() => run("import", MAP, "--write", "--sha256", "0".repeat(64))).toThrow(
      `has the digest ${digest}, which is not the one that was given`,
    );
    expect(readFileSync(book, "utf8")).toBe(BOOK);
    run("import", MAP, "--write", "--sha256", digest.toUpperCase());
    expect(JSON.parse(readFileSync(book, "utf8"))).toMatchObject({
      sources: { [`import-${digest.slice(0, 12)}`]: { sha256: digest, list: true } },
    });
  });

  test("writes nothing on a doubt, whatever it is told", () => {
    const broken = join(folder, "broken.json");
    writeFileSync(broken, readFileSync(MAP, "utf8").replace("2.5e-06", "2.5"));
    expect(() => run("import", broken, "--write")).toThrow("perhaps a price of another unit");
    expect(readFileSync(book, "utf8")).toBe(BOOK);
  });

  test.each<[args: string[], told: string]>([
    [[], "usage:"],
    [["export"], "usage:"],
    [["import"], "usage:"],
    [["import", "a", "b"], "usage:"],
    [["import", MAP, "--colour"], "usage:"],
    [["import", MAP, "--from", "soon"], "--from must be a day"],
    [["import", MAP, "--from", "2026-02-30"], "--from must be a day"],
    [["import", MAP, "--sha256", "abc"], "--sha256 must be 64"],
    [["import", "/nowhere/map.json"], "cannot read /nowhere/map.json"],
    [["import", MAP, "--book", "/nowhere/prices.json"], "cannot read /nowhere/prices.json"],
  ])("%j says what is right", (args, told) => {
    expect(() => run(...args)).toThrow(told);
  });
});
