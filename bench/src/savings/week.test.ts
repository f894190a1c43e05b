import { expect, test } from "vitest";
import { weekOf } from "./week.ts";

const prompts = (["SIMPLE", "CALCULATION", "COMPLEX"] as const).map((label) => ({
  ...{ input: label, label, isTrainedOn: false },
}));
const week = weekOf(3_360, prompts, 1);
const jobsIn = (holds: (hour: number) => boolean) =>
  week.filter(({ hour }) => holds(hour)).flatMap(({ inputs }) => inputs);

test("the same seed gives the same week, another one another, of about as many jobs as asked for", () => {
  expect(weekOf(3_360, prompts, 1)).toEqual(week);
  expect(weekOf(3_360, prompts, 2)).not.toEqual(week);
  expect(week).toHaveLength(168);
  expect(Math.abs(jobsIn(() => true).length - 3_360)).toBeLessThan(84);
});

test("days are busier and harder than nights, and workdays than the weekend; nightly batches are easy", () => {
  const perHour = (holds: (hour: number) => boolean) =>
    jobsIn(holds).length / week.filter(({ hour }) => holds(hour)).length;
  const isDay = (hour: number) => hour % 24 >= 8 && hour % 24 < 18;
  const isNight = (hour: number) => !isDay(hour) && hour % 24 !== 2;
  const isWorkday = (hour: number) => hour < 120;
  expect(perHour((hour) => isDay(hour) && isWorkday(hour))).toBeGreaterThan(
    5 * perHour((hour) => isNight(hour) && isWorkday(hour)),
  );
  expect(perHour((hour) => isDay(hour) && isWorkday(hour))).toBeGreaterThan(
    3 * perHour((hour) => isDay(hour) && !isWorkday(hour)),
  );
  const complexShare = (inputs: readonly string[]) =>
    inputs.filter((input) => input === "COMPLEX").length / inputs.length;
  expect(complexShare(jobsIn((hour) => isDay(hour) && isWorkday(hour)))).toBeGreaterThan(0.3);
  expect(complexShare(jobsIn((hour) => hour % 24 === 2))).toBe(0);
});

test("as many are in flight as an hour is busy", () => {
  expect(Math.max(...week.map(({ inFlight }) => inFlight))).toBe(32);
  expect(Math.min(...week.map(({ inFlight }) => inFlight))).toBe(2);
});
