import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isNewEnough, locateRedis } from "./redis-binary.ts";
import { RedisNotFound } from "./redis-not-found.ts";
import { uniquePrefix } from "./unique-prefix.ts";

test("a redis older than 6.2 is not taken", () => {
  expect(["5.0.14", "6.0.16"].map(isNewEnough)).toEqual([false, false]);
  expect(["6.2.0", "7.0.15", "10.0.0"].map(isNewEnough)).toEqual([true, true, true]);
});

test("without any redis the error says what is missing and three ways to get one", async () => {
  const nowhere = join(tmpdir(), uniquePrefix("absent"));
  const error = await locateRedis(join(nowhere, "redis"), { PATH: nowhere }).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RedisNotFound);
  const { what, remedy } = error as RedisNotFound;
  expect(what).toBe(
    "No redis-server on PATH, and its package could not be unpacked (apt-get is not available on this system).",
  );
  expect(remedy).toMatch(/install redis.*Docker.*REDIS_URL/);
});
