const INSTALL = process.platform === "darwin" ? "brew install redis" : "sudo apt-get install redis-server";
const THREE_WAYS = `Run \`${INSTALL}\`, or start Docker, or set REDIS_URL to a Redis 6.2 or newer.`;

/** No Redis could be found, installed or started: `what` is wrong, and in `remedy` what to do about it. */
export class RedisNotFound extends Error {
  override readonly name = "RedisNotFound";
  readonly what: string;
  readonly remedy: string;

  constructor(what: string, { remedy = THREE_WAYS, cause }: { remedy?: string; cause?: unknown } = {}) {
    super(`${what} ${remedy}`, { cause });
    this.what = what;
    this.remedy = remedy;
  }
}
