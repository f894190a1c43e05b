import { expect, test } from "vitest";
import { type JobAnswer, newlyTold, note } from "./told-job.ts";

const told = () => newlyTold("one", "key", {});
const answered = (body: JobAnswer, status = 200) => ({ status, body, startedAtMs: Date.now() + 1 });
const SUCCEEDED = { status: "succeeded", result: { text: "42" } };
const ends = (...texts: string[]) =>
  texts.map((text) => expect.objectContaining({ what: expect.stringMatching(text) }));

test("a job that runs, ends and stays so is as it should be", () => {
  const job = told();
  const answers = [answered({ status: "running" }), answered(SUCCEEDED), answered(SUCCEEDED)];
  expect(answers.flatMap((answer) => note(job, answer))).toEqual([]);
  expect(job).toMatchObject({ ends: ["succeeded"], cancelledAtMs: null });
});

test("an answer that was overtaken by the end is none against it", () => {
  const job = told();
  note(job, answered(SUCCEEDED));
  expect(note(job, { ...answered({ status: "running" }), startedAtMs: Date.now() - 1_000 })).toEqual([]);
});

test("a job that runs again after its end is told", () => {
  const job = told();
  note(job, answered(SUCCEEDED));
  expect(note(job, answered({ status: "running" }))).toEqual(ends("was succeeded and then running again"));
});

test("an accepted job that is not found is told, and a service that is away is not", () => {
  expect(note(told(), answered({}, 404))).toEqual(ends("answered 404"));
  expect(note(told(), answered({}, 503))).toEqual([]);
});

test("a text that changes is told", () => {
  const job = told();
  note(job, answered(SUCCEEDED));
  expect(note(job, answered({ status: "succeeded", result: { text: "43" } }))).toEqual(ends("two ways"));
});
