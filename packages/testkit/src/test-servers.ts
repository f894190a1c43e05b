import { containerDynamodb, containerRedis, IMAGES, whyNoContainer } from "./containers.ts";
import { testSettings } from "./environment.ts";
import { redisAt } from "./foreign-redis.ts";
import type { RunningRedis } from "./running-redis.ts";
import { type RunningDynamodb, startDynamodb } from "./start-dynamodb.ts";
import { startRedis } from "./start-redis.ts";

/**
 * The Redis for an integration test: the one `TEST_REDIS_URL` names (a test run sets it to the one all files
 * share), else a container if `TEST_CONTAINERS=1` and one can be had, else a local server. It may be shared: take a
 * key prefix of your own. For one to kill, use `startRedis`.
 */
export async function testRedis(): Promise<RunningRedis> {
  const { redisUrl, wantsContainers } = testSettings();
  if (redisUrl !== undefined) return redisAt(redisUrl, "TEST_REDIS_URL");
  if (wantsContainers && (await whyNoContainer(IMAGES.redis)) === undefined) return containerRedis();
  return startRedis();
}

/** The DynamoDB endpoint for an integration test, chosen as by `testRedis`, with `TEST_DYNAMODB_URL`. */
export async function testDynamodb(): Promise<RunningDynamodb> {
  const { dynamodbUrl, wantsContainers } = testSettings();
  if (dynamodbUrl !== undefined) return { url: dynamodbUrl, how: "TEST_DYNAMODB_URL", stop: async () => {} };
  if (wantsContainers && (await whyNoContainer(IMAGES.dynamodb)) === undefined) return containerDynamodb();
  return startDynamodb();
}
