import type { TestProject } from "vitest/node";
import { announceServers } from "./environment.ts";
import { testDynamodb, testRedis } from "./test-servers.ts";

/**
 * Starts one Redis and one DynamoDB for all integration test files, before the first and until after the last.
 * Files find them through `testRedis()` and `testDynamodb()`, or `inject("redisUrl")` and `inject("dynamodbUrl")`.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await testRedis();
  const dynamodb = await testDynamodb();
  const withdraw = announceServers({ redisUrl: redis.url, dynamodbUrl: dynamodb.url });
  project.provide("redisUrl", redis.url);
  project.provide("dynamodbUrl", dynamodb.url);
  return async () => {
    withdraw();
    await dynamodb.stop();
    await redis.stop();
  };
}

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
    dynamodbUrl: string;
  }
}
