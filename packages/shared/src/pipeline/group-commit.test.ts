import { expect, test } from "vitest";
import { groupCommit } from "./group-commit.ts";

function recorder() {
  const groups: number[][] = [];
  const releases: (() => void)[] = [];
  const flush = async (items: number[]) => {
    groups.push(items);
    await new Promise<void>((resolve) => releases.push(resolve));
    return items.map((item) => item * 10);
  };
  return { groups, releases, flush };
}

test("a lone item is flushed at the end of the turn that brought it, without any timer", async () => {
  const { groups, releases, flush } = recorder();
  const result = groupCommit(flush, 100)(1);
  expect(groups).toEqual([]);
  await new Promise(setImmediate);
  expect(groups).toEqual([[1]]);
  releases.shift()?.();
  expect(await result).toBe(10);
});

test("a burst goes together, and so does what comes while it is in flight", async () => {
  const { groups, releases, flush } = recorder();
  const add = groupCommit(flush, 100);
  const results = [add(1), add(2)];
  await Promise.resolve();
  results.push(add(3));
  await new Promise(setImmediate);
  results.push(add(4));
  await new Promise(setImmediate);
  results.push(add(5));
  expect(groups).toEqual([[1, 2, 3]]);
  releases.shift()?.();
  await results[0];
  await expect
    .poll(() => groups)
    .toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  releases.shift()?.();
  expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50]);
});

test("a group is never larger than its bound", async () => {
  const { groups, releases, flush } = recorder();
  const add = groupCommit(flush, 2);
  const results = [1, 2, 3, 4, 5, 6].map((item) => add(item));
  while (groups.flat().length < 6) {
    releases.shift()?.();
    await new Promise(setImmediate);
  }
  releases.shift()?.();
  await Promise.all(results);
  expect(groups).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
});

test("what nobody waits for any more when its turn comes is never flushed", async () => {
  const { groups, releases, flush } = recorder();
  const add = groupCommit(flush, 100);
  const first = add(1);
  await expect.poll(() => groups.length).toBe(1);
  const gone = new AbortController();
  const results = [add(2, gone.signal), add(3, new AbortController().signal)];
  gone.abort("the caller has gone");
  releases.shift()?.();
  await first;
  await expect.poll(() => groups).toEqual([[1], [3]]);
  releases.shift()?.();
  expect(await Promise.allSettled(results)).toMatchObject([{ reason: "the caller has gone" }, { value: 30 }]);
});

test("a failed flush fails its own items and no others", async () => {
  let round = 0;
  const add = groupCommit<number, number>(async (items) => {
    round += 1;
    await new Promise(setImmediate);
    if (round === 1) throw new Error("down");
    return items;
  }, 1);
  const results = await Promise.allSettled([add(1), add(2), add(3)]);
  expect(results.map((result) => result.status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
});

test("what waits is bounded: beyond it an item is refused at once, and the others are kept", async () => {
  const { releases, flush } = recorder();
  const add = groupCommit(flush, 20_000);
  const first = add(0);
  await expect.poll(() => releases.length).toBe(1);
  const kept = Array.from({ length: 10_000 }, (_, index) => add(index));
  await expect(add(1)).rejects.toMatchObject({ code: "PROCESS_OVERLOADED", isRetriable: true });
  releases.shift()?.();
  await first;
  await expect.poll(() => releases.length).toBe(1);
  releases.shift()?.();
  expect(await Promise.all(kept)).toHaveLength(10_000);
});
