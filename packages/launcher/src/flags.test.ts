import { expect, test } from "vitest";
import { HELP, readFlags } from "./flags.ts";
import { StartFailure } from "./start-failure.ts";

const defaults = {
  dataDir: null,
  isLive: false,
  isApart: false,
  port: null,
  isOnce: false,
  wantsHelp: false,
};

test("without flags nothing is kept, nothing is spent, and the port is chosen", () => {
  expect(readFlags([])).toEqual(defaults);
});

test("every flag is understood", () => {
  const flags = readFlags(["--data", "kept", "--live", "--procs", "--port", "9000", "--once", "--help"]);
  expect(flags).toEqual({
    dataDir: "kept",
    isLive: true,
    isApart: true,
    port: 9_000,
    isOnce: true,
    wantsHelp: true,
  });
});

test("PORT of the environment counts as --port, which wins over it", () => {
  expect(readFlags([], { PORT: "3000" }).port).toBe(3_000);
  expect(readFlags(["--port", "4000"], { PORT: "3000" }).port).toBe(4_000);
  expect(readFlags([], { PORT: " " }).port).toBeNull();
});

test.each([
  [["--prot", "1"], "Unknown option '--prot'."],
  [["here"], "Unexpected argument 'here'."],
  [["--port"], "Option '--port <value>' argument missing."],
  [["--port", "0"], "--port must be a whole number from 1 to 65535."],
  [["--port", "65536"], "--port must be a whole number from 1 to 65535."],
  [["--port", "80a"], "--port must be a whole number from 1 to 65535."],
  [["--data", " "], "--data needs the name of a folder."],
])("%j is refused with one line what and one line what to do", (args, what) => {
  const thrown = capture(() => readFlags(args));
  expect(thrown).toBeInstanceOf(StartFailure);
  expect(thrown).toMatchObject({ what: [what], remedy: "Run `npm start -- --help` to see the flags." });
});

test("the help names every flag there is", () => {
  for (const flag of ["--data", "--live", "--procs", "--port", "--once", "--help"])
    expect(HELP).toContain(flag);
});

function capture(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
