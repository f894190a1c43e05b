import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { containerDynamodb, containerRedis, IMAGES, whyNoContainer } from "../src/containers.ts";
import { askDynamodb } from "./ask-dynamodb.ts";

test("a redis container started through testcontainers answers and is gone when stopped", async ({
  skip,
}) => {
  const obstacle = await whyNoContainer(IMAGES.redis);
  if (obstacle !== undefined) skip(obstacle);
  const redis = await containerRedis();
  const client = new Redis(redis.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
  client.on("error", () => {});
  try {
    expect(await client.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
  } finally {
    await redis.stop();
  }
  await expect(client.ping()).rejects.toThrow();
  client.disconnect();
}, 60_000);

test("a dynamodb container started through testcontainers answers", async ({ skip }) => {
  const obstacle = await whyNoContainer(IMAGES.dynamodb);
  if (obstacle !== undefined) skip(obstacle);
  const dynamodb = await containerDynamodb();
  try {
    expect(await askDynamodb(dynamodb.url, "ListTables", {})).toEqual({ TableNames: [] });
  } finally {
    await dynamodb.stop();
  }
}, 60_000);
