/** Runs `count` tasks, `inFlight` of them at any moment; the first failure ends it. */
export async function closedLoop(
  { count, inFlight }: { count: number; inFlight: number },
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  async function lane(): Promise<void> {
    while (next < count) {
      const index = next;
      next += 1;
      await task(index);
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, inFlight) }, lane));
}
