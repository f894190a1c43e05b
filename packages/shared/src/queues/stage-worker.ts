import { Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Envelope } from "./summons.ts";

/** A worker that knows when its run loop last asked for a queue job, and whose number of runs in hand may change. */
export class StageWorker extends Worker<Envelope> {
  /** On the clock of `performance.now()`. */
  lastAskedAtMs: number = performance.now();

  /** Sets the number of runs in hand; more of them are fetched at once, not only when one ends. */
  changeConcurrency(concurrency: number): void {
    const isMore = concurrency > this.concurrency;
    this.concurrency = concurrency;
    // The run loop sleeps until one of its promises is kept: resume() wakes it in the same way.
    if (isMore) Reflect.get(this, "mainLoopQueue")?.add(Promise.resolve());
  }

  /**
   * Goes on after a pause. What was handed back to its place meanwhile was announced to nobody, and a loop that waits
   * for an announcement, here or in another process, would sleep on for seconds: so this is one.
   */
  override async resume(): Promise<void> {
    await super.resume();
    // Without Redis nothing can be fetched either; a loop looks again by itself once it is back.
    await (this.opts.connection as Redis).zadd(this.toKey("marker"), 0, "0").catch(() => {});
  }

  // Every turn of the loop passes one of these two: it fetches, or it works out how long to block, which is
  // ten seconds at most. What a finished queue job brings along is counted by the end of its run.
  protected override moveToActive(token: string, name?: string) {
    this.lastAskedAtMs = performance.now();
    return super.moveToActive(token, name);
  }

  protected override getBlockTimeout(blockUntil: number): number {
    this.lastAskedAtMs = performance.now();
    return super.getBlockTimeout(blockUntil);
  }
}
