import { expect, it } from "vitest";
import { edited } from "./sabotaged.ts";
import { SABOTAGES } from "./sabotages.ts";

it.each(SABOTAGES)("sabotage $letter still fits the sources", async ({ edits }) => {
  for (const edit of edits) expect(await edited(edit)).toContain(edit.becomes);
});

it("there are fifteen sabotages, each with a letter of its own", () => {
  const letters = [..."abcdefghijklmno"].map((letter) => `S-${letter}`);
  expect(SABOTAGES.map(({ letter }) => letter)).toEqual(letters);
});
