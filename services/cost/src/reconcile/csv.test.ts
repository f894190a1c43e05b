import { expect, test } from "vitest";
import { readTable } from "./csv.ts";

async function read(text: string) {
  const problems: string[] = [];
  const told = {
    problem: (line: number, what: string) => void problems.push(`${line} ${what}`),
    leftOut: () => {},
  };
  async function* lines() {
    yield* text.split("\n");
  }
  const rows: [number, string, string][] = [];
  for await (const { line, cell } of readTable(lines(), { required: ["a"] }, told))
    rows.push([line, cell("a"), cell("b")]);
  return { rows, problems };
}

test("fields in quotes hold commas, quotes and ends of lines, and a row has the line where it begins", async () => {
  expect(await read('a,b\n"1,2","say ""x"""\n\n"two\nlines",3\n,""')).toEqual({
    rows: [
      [2, "1,2", 'say "x"'],
      [4, "two\nlines", "3"],
      [6, "", ""],
    ],
    problems: [],
  });
});

test("a column that is not there is empty, and one that comes twice is the first", async () => {
  expect((await read("a,a\n1,2")).rows).toEqual([[2, "1", ""]]);
});

test("what is no table is told with its line, and no row is made of it", async () => {
  expect(await read('a,b\n1\n1,2,3\n1,x"y"\n"1"2,3')).toEqual({
    rows: [],
    problems: [
      "2 has 1 fields, the header 2",
      "3 has 3 fields, the header 2",
      "4 has a quote inside of a field",
      "5 has a quote inside of a field",
    ],
  });
  expect((await read('a,b\n"1,2\n3,4')).problems).toEqual(["2 has a quote that is not closed"]);
  expect((await read("b\n1")).problems).toEqual(["1 has no column a"]);
});

test("a quote that is never closed does not gather the file in memory", async () => {
  const { problems } = await read(`a\n"${"x\n".repeat(600_000)}`);
  expect(problems).toEqual(["2 has a quote that is not closed"]);
});
