import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SwitchyardError } from "../errors/index.ts";
import { readEnvironment, readSecret } from "./read-environment.ts";
import { flag, httpUrl, nullable, oneOf, required, text, whole, withDefault } from "./setting.ts";

const settings = {
  url: required("SOME_URL", httpUrl, { meaning: "where it is" }),
  port: withDefault("SOME_PORT", whole(0, 65_535), { default: "80", meaning: "its port" }),
  isLoud: withDefault("IS_LOUD", flag, { default: "false", meaning: "whether it is loud" }),
  level: nullable("LEVEL", oneOf("low", "high"), { meaning: "how much" }),
  key: nullable("THE_KEY", text, { meaning: "the key", isSecret: true }),
};

const files: Record<string, string> = { "/run/key": " s3cret\n", "/run/empty": "\n" };
const readFile = (path: string): string => {
  const content = files[path];
  if (content === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
  return content;
};
const read = (environment: Record<string, string | undefined>) =>
  readEnvironment(settings, { environment, readFile });

function errorOf(act: () => unknown): SwitchyardError {
  try {
    act();
  } catch (error) {
    if (error instanceof SwitchyardError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("readEnvironment", () => {
  test("gives typed values under the table's keys, with defaults and nulls for what is not set", () => {
    expect(read({ SOME_URL: "http://host" })).toEqual({
      url: "http://host",
      port: 80,
      isLoud: false,
      level: null,
      key: null,
    });
    expect(
      read({ SOME_URL: "https://host/", SOME_PORT: "0", IS_LOUD: "Yes", LEVEL: "low", THE_KEY: "k" }),
    ).toEqual({
      url: "https://host/",
      port: 0,
      isLoud: true,
      level: "low",
      key: "k",
    });
  });

  test("a variable that is set to nothing counts as not set", () => {
    expect(read({ SOME_URL: "http://host", SOME_PORT: "", LEVEL: "  ", IS_LOUD: undefined })).toMatchObject({
      port: 80,
      level: null,
      isLoud: false,
    });
    expect(errorOf(() => read({ SOME_URL: "" })).message).toBe(
      "SOME_URL: is not set; set it to: where it is",
    );
  });

  test("every problem is reported at once", () => {
    const error = errorOf(() =>
      read({ SOME_PORT: "65536", IS_LOUD: "maybe", LEVEL: "mid", THE_KEY_FILE: "/no" }),
    );
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message.split("\n")).toEqual([
      "SOME_URL: is not set; set it to: where it is",
      "SOME_PORT: must be a whole number from 0 to 65535",
      "IS_LOUD: must be true or false",
      "LEVEL: must be one of low, high",
      "THE_KEY_FILE: names a file that cannot be read (ENOENT)",
    ]);
    expect(error.problems.map(({ path, code }) => `${path} ${code}`)).toEqual([
      "SOME_URL missing",
      "SOME_PORT invalid_value",
      "IS_LOUD invalid_value",
      "LEVEL invalid_value",
      "THE_KEY_FILE unreadable_file",
    ]);
  });

  test.each(["", "1.5", "1e3", "0x10", "-1", "NaN", "٣", "99999999999999999999", "1 2"])(
    "%j is no port, and never a silent NaN",
    (value) => {
      if (value === "") return expect(read({ SOME_URL: "http://h", SOME_PORT: value }).port).toBe(80);
      return expect(errorOf(() => read({ SOME_URL: "http://h", SOME_PORT: value })).message).toContain(
        "SOME_PORT",
      );
    },
  );

  test("no problem repeats the value that caused it", () => {
    const value = fc.string({ unit: fc.constantFrom(..."QXZ#%&"), minLength: 4, maxLength: 40 });
    fc.assert(
      fc.property(value, (secret) => {
        const environment = { SOME_URL: secret, SOME_PORT: secret, IS_LOUD: secret, LEVEL: secret };
        const { message, problems } = errorOf(() => read(environment));
        return (
          !message.includes(secret) && !JSON.stringify(problems).includes(secret) && problems.length === 4
        );
      }),
    );
  });
});

describe("a secret", () => {
  test("comes from its variable, or trimmed from the file that <NAME>_FILE names", () => {
    expect(read({ SOME_URL: "http://h", THE_KEY: "k" }).key).toBe("k");
    expect(read({ SOME_URL: "http://h", THE_KEY_FILE: "/run/key" }).key).toBe("s3cret");
  });

  test("given both ways is refused, since one of them would be ignored", () => {
    expect(
      errorOf(() => read({ SOME_URL: "http://h", THE_KEY: "k", THE_KEY_FILE: "/run/key" })).message,
    ).toBe("THE_KEY: set either THE_KEY or THE_KEY_FILE, not both");
  });

  test("in an empty file is refused", () => {
    expect(errorOf(() => read({ SOME_URL: "http://h", THE_KEY_FILE: "/run/empty" })).message).toBe(
      "THE_KEY_FILE: names a file that is empty",
    );
  });

  test("can be read by a name that the catalogue gives", () => {
    expect(readSecret("ANY", { environment: { ANY: "k" }, readFile })).toBe("k");
    expect(readSecret("ANY", { environment: { ANY_FILE: "/run/key" }, readFile })).toBe("s3cret");
    expect(readSecret("ANY", { environment: {}, readFile })).toBeNull();
    expect(errorOf(() => readSecret("ANY", { environment: { ANY_FILE: "/no" }, readFile })).message).toBe(
      "ANY_FILE: names a file that cannot be read (ENOENT)",
    );
  });

  test("is all that can be given in a file: other settings ignore such a variable", () => {
    expect(read({ SOME_URL: "http://h", SOME_PORT_FILE: "/run/key" }).port).toBe(80);
  });
});
