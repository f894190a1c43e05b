import { expect, test } from "vitest";
import { fold } from "./fold.ts";
import { findHits } from "./phrases.ts";
import { tokenize } from "./tokens.ts";

function kindsIn(text: string): string[] {
  const folded = fold(text);
  const words = tokenize(folded).filter((token) => token.kind !== "symbol");
  return findHits(words, folded).map((hit) => hit.kind);
}

test.each([
  ["Prove it", "proof"],
  ["DÉMONTREZ cela", "proof"],
  ["Démontrez cela", "proof"],
  ["cuanto es 3 por 4", "quantity"],
  ["What’s the capital?", "fact"],
  ["it took 12 hours", "unit"],
  ["请证明这个定理", "proof"],
  ["소수가 무한함을 증명하시오", "proof"],
  ["घर की योजना बनाओ", "plan"],
])("%s is heard as %s", (text, kind) => expect(kindsIn(text)).toContain(kind));

test("a word inside another is not heard", () => {
  expect(kindsIn("approved")).not.toContain("proof");
});
