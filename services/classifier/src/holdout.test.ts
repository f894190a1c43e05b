import { expect, test } from "vitest";
import { drawnPpm } from "./holdout.ts";

const ids = Array.from({ length: 20_000 }, (_, index) => `job_${index}`);

test("a share of jobs is drawn that is near the one asked for, whatever their ids have in common", () => {
  for (const percent of [1, 10, 50]) {
    const drawn = ids.filter((id) => drawnPpm(id) < percent * 10_000).length;
    // Five standard deviations of a binomial count; the ids are fixed, so it holds always or never.
    const deviation = Math.sqrt(ids.length * (percent / 100) * (1 - percent / 100));
    expect(Math.abs(drawn - (ids.length * percent) / 100)).toBeLessThan(5 * deviation);
  }
});

test("a job's number is the same in every process and release, and below a million", () => {
  expect(drawnPpm("job_0123456789abcdefghjkmnpqrs")).toMatchInlineSnapshot(`35843`);
  expect(ids.every((id) => drawnPpm(id) < 1_000_000)).toBe(true);
});
