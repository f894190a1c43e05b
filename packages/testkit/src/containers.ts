import { mayHaveEngine } from "./docker-engine.ts";
import { disableContainerReaper, type Environment, testSettings } from "./environment.ts";
import { foreignRedis } from "./foreign-redis.ts";
import type { RunningRedis } from "./running-redis.ts";
import type { RunningDynamodb } from "./start-dynamodb.ts";

/** The images tests use. They are never pulled: a test run must not depend on a registry. */
export const IMAGES = { redis: "redis:7-alpine", dynamodb: "amazon/dynamodb-local:latest" } as const;

/** Why no container of this image is to be started here, or undefined when one can be. */
export async function whyNoContainer(
  image: string,
  environment: Environment = process.env,
): Promise<string | undefined> {
  if (testSettings(environment).containers === "off") return "TEST_CONTAINERS=0";
  if (!(await mayHaveEngine(environment))) return "no Docker engine answers";
  const { getContainerRuntimeClient, ImageName } = await library();
  let client: Awaited<ReturnType<typeof getContainerRuntimeClient>>;
  try {
    client = await getContainerRuntimeClient();
  } catch {
    return "no Docker engine answers";
  }
  return (await client.image.exists(ImageName.fromString(image))) ? undefined : `there is no image ${image}`;
}

/** Starts a Redis container and waits until it takes connections. */
export async function containerRedis(): Promise<RunningRedis> {
  await library();
  const { RedisContainer } = await import("@testcontainers/redis");
  const container = await new RedisContainer(IMAGES.redis)
    .withCommand(["redis-server", "--save", "", "--maxmemory-policy", "noeviction"])
    .start();
  return foreignRedis({
    url: container.getConnectionUrl(),
    how: `container ${IMAGES.redis}`,
    stop: () => container.stop(),
  });
}

/** Starts a DynamoDB Local container and waits until its port answers. */
export async function containerDynamodb(): Promise<RunningDynamodb> {
  const { GenericContainer } = await library();
  const container = await new GenericContainer(IMAGES.dynamodb)
    .withCommand(["-jar", "DynamoDBLocal.jar", "-inMemory", "-sharedDb", "-disableTelemetry"])
    .withExposedPorts(8000)
    .start();
  return {
    url: `http://${container.getHost()}:${container.getMappedPort(8000)}`,
    how: `container ${IMAGES.dynamodb}`,
    async stop() {
      await container.stop();
    },
  };
}

// Loaded only when asked for: it takes most of a second, and most runs need no container.
async function library() {
  disableContainerReaper();
  return import("testcontainers");
}
