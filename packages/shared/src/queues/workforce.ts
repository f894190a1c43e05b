import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";

/**
 * What a queue's workers say of themselves, kept in two keys beside BullMQ's own: how many runs they may have in hand
 * (gone once a worker is silent for a while), and what runs took lately (kept while there is no worker at all).
 */
export const WORKFORCE_KEYS = ["slots", "tempo"] as const;

const REPORT_EVERY_MS = 5_000;
/** Of a worker that is killed nothing counts after so long. */
const SILENCE_MS = 20_000;
/** What runs took counts half after so long; forgotten when there was none for a week. */
const HALF_LIFE_MS = 600_000;
const KEEP_MS = 7 * 86_400_000;

/**
 * KEYS: slots, tempo. ARGV: worker with its slots, ms until it is silent, runs, seconds and tokens since its last report.
 * A worker is a member `<id>:<slots>` scored by when it is silent, so the set is as long as there are workers.
 */
const REPORT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
-- What a run has paid for is told before it has ended: a report may hold the one without the other.
if ARGV[3] == '0' and ARGV[5] == '0' then return end
local old = redis.call('HMGET', KEYS[2], 'runs', 'seconds', 'tokens', 'at')
local kept = old[4] and 2 ^ (-math.max(0, now - old[4]) / ${HALF_LIFE_MS}) or 0
local function sum(index) return string.format('%.6f', (old[index] or 0) * kept + ARGV[index + 2]) end
redis.call('HSET', KEYS[2], 'runs', sum(1), 'seconds', sum(2), 'tokens', sum(3), 'at', now)
redis.call('PEXPIRE', KEYS[2], ${KEEP_MS})
`;

interface Script {
  switchyardWorkforce(keys: number, ...rest: (string | number)[]): Promise<null>;
}

/** One worker's reports on its queue. */
export interface WorkforceReports {
  /** A run that the limits let through has ended, and kept its slot for so long. */
  ran: (seconds: number) => void;
  /** A run has paid for so many tokens. */
  used: (tokens: number) => void;
  /** The worker takes nothing more. */
  stop: () => void;
}

/** Reports every few seconds; without Redis nothing is reported, and what runs took meanwhile is told later. */
export function openWorkforceReports(redis: Redis, base: string, slots: number): WorkforceReports {
  redis.defineCommand("switchyardWorkforce", { lua: REPORT });
  const script = redis as Redis & Script;
  const [slotsKey, tempoKey] = WORKFORCE_KEYS.map((key) => `${base}:${key}`) as [string, string];
  const worker = `${randomUUID()}:${slots}`;
  let untold = { runs: 0, seconds: 0, tokens: 0 };
  let reporting: Promise<void> | null = null;

  async function report(): Promise<void> {
    const { runs, seconds, tokens } = untold;
    untold = { runs: 0, seconds: 0, tokens: 0 };
    try {
      await script.switchyardWorkforce(2, slotsKey, tempoKey, worker, SILENCE_MS, runs, seconds, tokens);
    } catch {
      untold.runs += runs;
      untold.seconds += seconds;
      untold.tokens += tokens;
    } finally {
      reporting = null;
    }
  }

  async function leave(): Promise<void> {
    await reporting;
    // The last runs count, too; a report after this one's word would bring the slots back.
    if (untold.runs > 0 || untold.tokens > 0) await report();
    await redis.zrem(slotsKey, worker);
  }

  const reportUnlessInHand = () => {
    // A worker's connection parks what it cannot send: one report is enough.
    reporting ??= report();
  };
  reportUnlessInHand();
  const timer = setInterval(reportUnlessInHand, REPORT_EVERY_MS);
  timer.unref();
  return {
    ran(seconds) {
      untold.runs += 1;
      untold.seconds += seconds;
    },
    used(tokens) {
      untold.tokens += tokens;
    },
    stop() {
      clearInterval(timer);
      leave().catch(() => {});
    },
  };
}
