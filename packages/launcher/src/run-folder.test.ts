import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openRunFolder } from "./run-folder.ts";
import { localSecrets } from "./secrets.ts";

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "switchyard-folder-"));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const source = (environment: Record<string, string> = {}) => ({
  environment,
  readFile: (path: string) => readFileSync(path, "utf8"),
});

test("without a name nothing but the logs outlives the run", () => {
  const folder = openRunFolder(null, place);
  writeFileSync(folder.logFile("services"), "said\n");
  expect(folder).toMatchObject({ dynamodbDir: null, secretsFile: null });
  expect(existsSync(folder.redisDir)).toBe(true);
  folder.release();
  expect(existsSync(folder.redisDir)).toBe(false);
  expect(readFileSync(join(place, ".switchyard", "logs", "services.log"), "utf8")).toBe("said\n");
});

test("the log of the run before is kept beside the new one", () => {
  const folder = openRunFolder("kept", place);
  writeFileSync(folder.logFile("services"), "before\n");
  expect(readFileSync(folder.logFile("services"), "utf8")).toBe("");
  expect(readFileSync(join(place, "kept/logs/services.previous.log"), "utf8")).toBe("before\n");
});

describe("a folder to keep data in", () => {
  test("is held by one run at a time", () => {
    const folder = openRunFolder("kept", place);
    expect(() => openRunFolder("kept", place)).toThrow(`is in use by process ${process.pid}`);
    folder.release();
    openRunFolder("kept", place).release();
  });

  test.each(["999999999", "", "garbage"])("is free again when its holder (%j) is gone", (holder) => {
    openRunFolder("kept", place).release();
    writeFileSync(join(place, "kept", "lock"), holder);
    openRunFolder("kept", place).release();
  });

  test("that cannot be made is refused with what to do", () => {
    writeFileSync(join(place, "file"), "");
    expect(() => openRunFolder("file", place)).toThrow(/file cannot be written \(ENOTDIR\)/);
    expect(() => openRunFolder("file/below", place)).toThrow(/cannot be written/);
  });

  test("that the system will not have ends the start instead of holding it up", () => {
    expect(() => openRunFolder("/proc/switchyard/below", place)).toThrow(/cannot be written/);
  });
});

describe("secrets", () => {
  test("are kept for their owner alone and stay the same", () => {
    const file = join(place, "secrets.json");
    const first = localSecrets(source(), file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(localSecrets(source(), file)).toEqual(first);
  });

  test("are new at every start without a file", () => {
    const [first, second] = [localSecrets(source(), null), localSecrets(source(), null)];
    expect(first.apiKey).toMatch(/^sk-sy-[a-z0-9]{2,32}-[A-Za-z0-9_-]{16,128}$/);
    expect(first.apiKey).not.toBe(second.apiKey);
    expect(first.pepper).not.toBe(second.pepper);
  });

  test("of the environment win over those kept", () => {
    const given = source({ SEED_API_KEY: "mine:sk-sy-aa-secret", API_KEY_PEPPER: "a pepper of my own" });
    expect(localSecrets(given, null)).toMatchObject({
      tenant: "mine",
      apiKey: "sk-sy-aa-secret",
      pepper: "a pepper of my own",
    });
  });

  test("belong to the pepper that the folder was made with", () => {
    const own = source({ API_KEY_PEPPER: "a pepper of my own" });
    const file = join(place, "secrets.json");
    const first = localSecrets(own, file);
    expect(localSecrets(own, file)).toEqual(first);
    expect(() => localSecrets(source(), file)).toThrow(`${place} was made with another API_KEY_PEPPER`);
    const other = join(place, "other.json");
    localSecrets(source(), other);
    expect(() => localSecrets(own, other)).toThrow("made with another API_KEY_PEPPER");
  });

  test("that were damaged are not replaced in silence", () => {
    const file = join(place, "secrets.json");
    writeFileSync(file, '{"tenant":"local"}');
    expect(() => localSecrets(source(), file)).toThrow("cannot be read");
  });
});
