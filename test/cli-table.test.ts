import { run } from "@switchyard/cli";
import { testDynamodb, uniquePrefix, watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";

afterAll(watchLeaks());

const RIGHT = "the table is what the services expect\n";

/** Runs `switchyard table` as a shell does. */
async function table(verb: string, environment: Record<string, string>) {
  const said = { out: "", told: "" };
  const code = await run(["table", verb], {
    environment,
    readFile: () => "",
    write: (text) => {
      said.out += text;
    },
    writeError: (text) => {
      said.told += text;
    },
    columns: null,
    now: Date.now,
  });
  return { code, ...said };
}

test("a table that is not there is made, and made again without harm, and then is right", async () => {
  process.env["AWS_ACCESS_KEY_ID"] ??= "test";
  process.env["AWS_SECRET_ACCESS_KEY"] ??= "test";
  const environment = { DYNAMODB_ENDPOINT: (await testDynamodb()).url, DYNAMODB_TABLE: uniquePrefix("cli") };
  expect(await table("check", environment)).toMatchObject({
    ...{ code: 2, out: "", told: expect.stringContaining("there is no table") },
  });
  expect(await table("create", environment)).toEqual({ code: 0, out: RIGHT, told: "" });
  expect(await table("create", environment)).toEqual({ code: 0, out: RIGHT, told: "" });
  expect(await table("check", environment)).toEqual({ code: 0, out: RIGHT, told: "" });
});

test("nobody at the address is said so", async () => {
  const answer = await table("check", { DYNAMODB_ENDPOINT: "http://127.0.0.1:9" });
  expect(answer).toMatchObject({ code: 2, told: expect.stringContaining("the table cannot be reached") });
});
