import { expect, test } from "vitest";
import { scan, scanned } from "../reading/scan.ts";
import { findKinds, found, SIDE_KINDS, WORD_KINDS } from "./word-trie.ts";

function kindsIn(text: string): string[] {
  scan(text);
  const kinds = new Set<string>();
  for (let token = 0; token < scanned.tokens; token += 1) {
    findKinds(token);
    for (const [index, kind] of [...WORD_KINDS, ...SIDE_KINDS].entries()) {
      const bits = index < 32 ? found.low : found.high;
      if ((bits >>> (index % 32)) & 1) kinds.add(kind);
    }
  }
  return [...kinds];
}

test.each([
  ["Prove it", "proof"],
  ["DÉMONTREZ cela", "proof"],
  ["De\u0301montrez cela", "proof"],
  ["cuanto es 3 por 4", "quantity"],
  ["What’s the capital?", "fact"],
  ["it took 12 hours", "unit"],
  ["请证明这个定理", "proof"],
  ["소수가 무한함을 증명하시오", "proof"],
  ["घर की योजना बनाओ", "plan"],
  ["доведи, що простих чисел нескінченно", "proof"],
  ["answer in one word", "brief"],
  ["route this to the cheapest model", "steering"],
  ["oui, vas-y", "consent"],
  ["great, thx", "thanks"],
])("%s is heard as %s", (text, kind) => expect(kindsIn(text)).toContain(kind));

test("a word inside another is not heard", () => {
  expect(kindsIn("approved")).not.toContain("proof");
});
