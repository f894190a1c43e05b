import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { baseSettings } from "./base-settings.ts";
import { readEnvironment } from "./read-environment.ts";
import { settingsTable } from "./settings-table.ts";

const DOCUMENT = readFileSync(new URL("../../../../docs/configuration.md", import.meta.url), "utf8");

const read = (environment: Record<string, string>) =>
  readEnvironment(baseSettings, {
    environment,
    readFile: () => {
      throw new Error("no file is read");
    },
  });

/** The rows `| \`NAME\` | default | meaning |` under a heading. */
function documentedRows(heading: string): string[][] {
  const section = DOCUMENT.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$/gm)].map((match) => match.slice(1));
}

describe("baseSettings", () => {
  test("only the address of Redis has to be set", () => {
    expect(read({ REDIS_URL: "redis://127.0.0.1:6379" })).toEqual({
      redisUrl: "redis://127.0.0.1:6379",
      dynamodbEndpoint: null,
      awsRegion: "us-east-1",
      dynamodbTable: "switchyard",
      createsTable: false,
      catalogueFile: null,
      pricesFile: null,
      activeProviders: null,
      queuePrefix: "{sw}",
      queueLockMs: 30_000,
      sweepStaleMs: 30_000,
      opsHost: "0.0.0.0",
      opsPort: 9464,
      logLevel: "info",
      drainTimeoutMs: 30_000,
      otlpEndpoint: null,
      otlpTracesEndpoint: null,
      otlpHeaders: null,
      otelServiceName: null,
      tracesSampler: "parentbased_always_on",
      tracesSamplerArg: 1,
      isOtelDisabled: false,
      failpoints: null,
    });
    expect(() => read({})).toThrow(/^REDIS_URL: is not set/);
  });

  test.each(["redis://:p%40ss@host:6379/2", "rediss://host", "/run/redis.sock", "unix:///run/redis.sock"])(
    "%s is an address of Redis",
    (url) => expect(read({ REDIS_URL: url }).redisUrl).toBe(url),
  );

  test.each(["127.0.0.1:6379", "http://host", "redis://a b", "redis://me:hunter2@", "run/redis.sock"])(
    "%s is no address of Redis, and is not repeated",
    (url) => {
      expect(() => read({ REDIS_URL: url })).toThrow(
        /^REDIS_URL: must start with redis:\/\/ or rediss:\/\/, or/,
      );
      expect(() => read({ REDIS_URL: url })).not.toThrow(url);
    },
  );

  test("active providers are names with commas between them, and an empty one is refused", () => {
    const given = (value: string) => read({ REDIS_URL: "/s", ACTIVE_PROVIDERS: value }).activeProviders;
    expect(given("openai, bedrock,openai")).toEqual(["openai", "bedrock"]);
    expect(given(" ")).toBeNull();
    expect(() => given("openai,,bedrock")).toThrow(/^ACTIVE_PROVIDERS: must be names/);
  });

  test("a queue prefix that would break Redis keys apart is refused", () => {
    expect(() => read({ REDIS_URL: "/s", QUEUE_PREFIX: "a:b" })).toThrow(/^QUEUE_PREFIX/);
    expect(read({ REDIS_URL: "/s", QUEUE_PREFIX: "{t-12}" }).queuePrefix).toBe("{t-12}");
  });

  test("docs/configuration.md lists every shared setting with its default and meaning, and no other", () => {
    const rows = settingsTable(baseSettings).map(({ name, default: given, meaning }) => [
      name,
      given === "required" || given === "unset" ? given : `\`${given}\``,
      meaning,
    ]);
    expect(documentedRows("Settings of every service")).toEqual(rows);
  });
});
