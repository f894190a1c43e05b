/** No Redis could be found, installed or started: `what` is wrong and what to do about it (`remedy`). */
export class RedisNotFound extends Error {
  override readonly name = "RedisNotFound";
  readonly what: string;
  readonly remedy: string;

  constructor(what: string, cause?: unknown) {
    const remedy =
      process.platform === "darwin"
        ? "Run `brew install redis`, or start Docker, or set REDIS_URL to a Redis 6.2 or newer."
        : "Run `sudo apt-get install redis-server`, or start Docker, or set REDIS_URL to a Redis 6.2 or newer.";
    super(`${what} ${remedy}`, { cause });
    this.what = what;
    this.remedy = remedy;
  }
}
