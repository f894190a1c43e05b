import { containerDynamodb, containerRedis, IMAGES, whyNoContainer } from "./containers.ts";
import { type Environment, testSettings } from "./environment.ts";
import { redisAt } from "./foreign-redis.ts";
import type { RunningRedis } from "./running-redis.ts";
import { type RunningDynamodb, startDynamodb } from "./start-dynamodb.ts";
import { startRedis } from "./start-redis.ts";

/**
 * The Redis for an integration test: the one `TEST_REDIS_URL` names (a test run sets it to the one all files
 * share), else a container where an engine answers and the image is there, else a local server. It may be shared:
 * take a key prefix of your own. For one to kill, use `startRedis`.
 */
export async function testRedis(environment: Environment = process.env): Promise<RunningRedis> {
  const { redisUrl } = testSettings(environment);
  if (redisUrl !== undefined) return redisAt(redisUrl, "TEST_REDIS_URL");
  return (await shallBeContainer(IMAGES.redis, environment)) ? containerRedis() : startRedis();
}

/** The DynamoDB endpoint for an integration test, chosen as by `testRedis`, with `TEST_DYNAMODB_URL`. */
export async function testDynamodb(environment: Environment = process.env): Promise<RunningDynamodb> {
  const { dynamodbUrl } = testSettings(environment);
  if (dynamodbUrl !== undefined) return { url: dynamodbUrl, how: "TEST_DYNAMODB_URL", stop: async () => {} };
  return (await shallBeContainer(IMAGES.dynamodb, environment)) ? containerDynamodb() : startDynamodb();
}

/** Throws when containers are demanded and cannot be had. */
async function shallBeContainer(image: string, environment: Environment): Promise<boolean> {
  const obstacle = await whyNoContainer(image, environment);
  if (obstacle !== undefined && testSettings(environment).containers === "demanded") {
    throw new Error(`TEST_CONTAINERS=1 demands a container of ${image}, but ${obstacle}`);
  }
  return obstacle === undefined;
}
