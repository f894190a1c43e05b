import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, describe, expect, test } from "vitest";
import type { ClassifyMessage } from "../src/contracts/index.ts";
import { SwitchyardError } from "../src/errors/index.ts";
import {
  countsOf,
  EMPTY,
  gate,
  isEmpty,
  stageForEachTest,
  summons,
  toInvoke,
  waitingLists,
} from "./queue-support.ts";

afterAll(watchLeaks());

const bed = stageForEachTest();
const { running, classify, invoke, settle } = bed;

describe("the hand-over", () => {
  test("comes before the queue job completes: the next stage's summons is there first", async () => {
    const handedOver = gate();
    const acknowledged = gate();
    running({
      handler: toInvoke,
      summoner: {
        ...bed.queues.summoner,
        async summon(stage, message, options) {
          await bed.queues.summoner.summon(stage, message, options);
          handedOver.open();
          await acknowledged.passed;
        },
      },
    });
    const message = summons();
    await bed.queues.summoner.summon("classify", message);
    await handedOver.passed;
    expect(await countsOf(classify())).toEqual({ ...EMPTY, active: 1 });
    expect(await waitingLists(invoke())).toEqual([[{ ...message, modelId: "sim-small" }]]);
    acknowledged.open();
    await waitFor(() => isEmpty(classify()));
  });

  test("that is not acknowledged repeats the run, and the next stage has one queue job", async () => {
    let runs = 0;
    running({
      handler(message) {
        runs += 1;
        return toInvoke(message);
      },
      summoner: {
        ...bed.queues.summoner,
        async summon(stage, message, options) {
          await bed.queues.summoner.summon(stage, message, options);
          const cause = new Error("the reply was lost");
          if (runs === 1) throw new SwitchyardError("QUEUE_UNAVAILABLE", "lost", { cause, retryAfterMs: 1 });
        },
      },
    });
    await bed.queues.summoner.summon("classify", summons());
    await waitFor(() => isEmpty(classify()));
    expect(runs).toBe(2);
    expect(await countsOf(invoke())).toEqual({ ...EMPTY, waiting: 1 });
  });

  test("cut short by the death of its worker is repeated by another, and adds nothing twice", async () => {
    const [dead, thawed] = [gate(), gate()];
    const redis = bed.queues.connect("worker");
    let runs = 0;
    const handler = (message: ClassifyMessage) => {
      runs += 1;
      return toInvoke(message);
    };
    const killed = running({
      handler,
      redis,
      lockMs: 1_000,
      // With no slot free it does not wait for more, as a dead process would not.
      concurrency: 1,
      summoner: {
        ...bed.queues.summoner,
        async summon(stage, message, options) {
          await bed.queues.summoner.summon(stage, message, options);
          // As a killed process: it never says another word to Redis.
          redis.disconnect();
          dead.open();
          await thawed.passed;
        },
      },
    });
    await bed.queues.summoner.summon("classify", summons());
    await dead.passed;
    running({ handler, lockMs: 1_000 });
    await waitFor(() => isEmpty(classify()));
    expect(runs).toBe(2);
    expect(await countsOf(invoke())).toEqual({ ...EMPTY, waiting: 1 });
    // What it has to say when it comes back is too late and changes nothing.
    await redis.connect();
    thawed.open();
    await killed.drain(0);
    expect(await countsOf(classify())).toEqual(EMPTY);
    expect(await countsOf(invoke())).toEqual({ ...EMPTY, waiting: 1 });
  });

  test("of a handler that hands nothing on is nothing at all", async () => {
    let runs = 0;
    running({
      async handler() {
        runs += 1;
        return null;
      },
    });
    await bed.queues.summoner.summon("classify", summons());
    await waitFor(async () => runs === 1 && (await isEmpty(classify())));
    expect(await countsOf(settle())).toEqual(EMPTY);
  });
});
