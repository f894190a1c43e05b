import { expect, test } from "vitest";
import { easySource } from "./__fixtures__/examples.ts";
import { calibrate } from "./calibrate.ts";
import { judgeAll, scoresOf } from "./scores.ts";

/** Right in four of five, and each time as sure as the logit says. */
function said(logit: number) {
  return easySource("one").map((example, index) => {
    const told = index % 5 === 0 ? (example.label + 1) % 3 : example.label;
    const logits = new Float64Array(3);
    logits[told] = logit;
    return { example, logits, byLength: 0 };
  });
}

test("confidence becomes the share that is right, for one too sure and one too shy", () => {
  for (const logit of [6, 0.7]) {
    const leftOut = said(logit);
    const plain = scoresOf(judgeAll(leftOut, { scale: [1, 1, 1], offset: [0, 0, 0] }));
    const calibrated = scoresOf(judgeAll(leftOut, calibrate(leftOut)));
    expect(plain.ece).toBeGreaterThan(0.15);
    expect(calibrated.ece).toBeLessThan(0.05);
    expect(calibrated.accuracy).toBe(plain.accuracy);
  }
});
