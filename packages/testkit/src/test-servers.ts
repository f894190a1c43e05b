import { testSettings } from "./environment.ts";
import { redisAt } from "./redis-at.ts";
import { type RunningDynamodb, startDynamodb } from "./start-dynamodb.ts";
import { type RunningRedis, startRedis } from "./start-redis.ts";

/**
 * The Redis for an integration test: the one `TEST_REDIS_URL` names (the test run sets it to the one all files
 * share), else a container if `TEST_CONTAINERS=1` and one can be had, else a local server.
 */
export async function testRedis(): Promise<RunningRedis> {
  const { redisUrl } = testSettings();
  if (redisUrl !== undefined) return redisAt(redisUrl, "TEST_REDIS_URL");
  return startRedis();
}

/** The DynamoDB endpoint for an integration test, chosen as by `testRedis`, with `TEST_DYNAMODB_URL`. */
export async function testDynamodb(): Promise<RunningDynamodb> {
  const { dynamodbUrl } = testSettings();
  if (dynamodbUrl !== undefined) return { url: dynamodbUrl, how: "TEST_DYNAMODB_URL", stop: async () => {} };
  return startDynamodb();
}
