import { expect, test } from "vitest";
import { createPace } from "./pace.ts";

/** A pace whose brake only writes down for how long it was pulled. */
function paced(most: number, luck = 1) {
  const pulls: number[] = [];
  const brake = {
    isOn: false,
    endsAtMs: 0,
    pull(timeMs: number) {
      pulls.push(timeMs);
      brake.isOn = true;
    },
    close() {},
  };
  const allowed = [most];
  const pace = createPace({ most, brake, onChange: (concurrency) => allowed.push(concurrency) }, () => luck);
  return { pace, pulls, brake, allowed };
}

test("without a refusal as many are in hand as are allowed at most", () => {
  const { pace, allowed } = paced(64);
  for (let run = 0; run < 64; run += 1) pace.started().admitted();
  expect(allowed).toEqual([64]);
  expect(pace.inHand).toBe(64);
});

test("after a refusal one run is asked about beside those admitted", () => {
  const { pace } = paced(64);
  const runs = Array.from({ length: 10 }, () => pace.started());
  for (const run of runs.slice(0, 7)) run.admitted();
  for (const run of runs.slice(7)) {
    run.refused(100);
    run.ended();
  }
  expect(pace.concurrency).toBe(8);
  runs[0]?.ended();
  expect(pace.concurrency).toBe(7);
});

test("the number grows back while runs are admitted", () => {
  const { pace } = paced(16);
  const refused = pace.started();
  refused.refused(100);
  refused.ended();
  expect(pace.concurrency).toBe(1);
  let admitted = 0;
  for (; pace.concurrency < 16; admitted += 1) {
    const run = pace.started();
    run.admitted();
    run.ended();
  }
  expect(admitted).toBe(30);
});

test("whoever finds no room twice waits longer, and less again once there is room for several", () => {
  const { pace, pulls, brake } = paced(16);
  const round = (admitted: number) => {
    brake.isOn = false;
    for (let run = 0; run < admitted; run += 1) pace.started().admitted();
    pace.started().refused(100);
    // Refused together with the first: not another finding.
    pace.started().refused(100);
  };
  for (const admitted of [0, 0, 0, 1, 2, 2, 2]) round(admitted);
  expect(pulls.filter((_, index) => index % 2 === 0)).toEqual([100, 200, 400, 400, 200, 100, 100]);
});
