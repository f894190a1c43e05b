import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { trainedOn } from "./trained-on.ts";

const folder = mkdtempSync(join(tmpdir(), "bench-trained-"));
afterAll(() => rmSync(folder, { recursive: true }));
const [one, other, unrelated] = ["1", "a", "f"].map((digit) => digit.repeat(64));

test.each([
  ["one digest", { digest: one }, [one]],
  ["a list of digests", [one, other], [one, other]],
  ["a list of files", { digest: one, files: [{ name: "a", digest: other }] }, [one, other]],
  ["nothing", undefined, []],
])("a header may name %s", (_, header, digests) => {
  const path = join(folder, "weights.json");
  writeFileSync(path, JSON.stringify({ trained_on: header, linear: unrelated }));
  expect(trainedOn(pathToFileURL(path))).toEqual(digests);
});

test("without weights nothing trained the judge", () => {
  expect(trainedOn(pathToFileURL(join(folder, "none.json")))).toEqual([]);
});
