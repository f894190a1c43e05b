import { connect } from "@switchyard/shared/queues";

const CONNECT_TIMEOUT_MS = 2_000;
const BATCH = 500;

/** Removes every key below a prefix: queues whose jobs have gone with their ledger are of no use to anybody. */
export async function clearQueues(redisUrl: string, prefix: string): Promise<void> {
  const redis = connect(redisUrl, "subscriber");
  try {
    await Promise.race([
      redis.ping(),
      new Promise((_, reject) => {
        setTimeout(() => reject(new Error("Redis does not answer")), CONNECT_TIMEOUT_MS).unref();
      }),
    ]);
    let cursor = "0";
    do {
      const [next, keys] = await redis.scan(cursor, "MATCH", `${prefix}:*`, "COUNT", BATCH);
      if (keys.length > 0) await redis.unlink(...keys);
      cursor = next;
    } while (cursor !== "0");
  } finally {
    redis.disconnect();
  }
}
