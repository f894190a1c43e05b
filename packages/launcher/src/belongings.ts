/** Something that was started and has to be ended. */
interface Belonging {
  name: string;
  /** In good order; waits until it has ended. */
  stop: () => Promise<unknown> | unknown;
  /** At once, without waiting. */
  abandon?: () => void;
}

/** Everything this run has started, ended in the reverse order of its start. */
export interface Belongings {
  /** Once the end has begun, what still comes in is ended at once. */
  add: (belonging: Belonging) => void;
  /** May be called any number of times; a part that does not end is told, and does not hold up the others. */
  stopAll: () => Promise<readonly string[]>;
  abandonAll: () => void;
}

export function createBelongings(): Belongings {
  const held: Belonging[] = [];
  const problems: string[] = [];
  let stopping: Promise<unknown> | null = null;

  async function stopOne({ name, stop }: Belonging): Promise<void> {
    try {
      await stop();
    } catch (error) {
      problems.push(`${name} did not stop: ${error instanceof Error ? error.message : error}`);
    }
  }

  async function stopHeld(): Promise<void> {
    // Taken off one by one after it has ended, so that a second signal still finds what is left.
    for (let last = held.at(-1); last !== undefined; last = held.at(-1)) {
      await stopOne(last);
      held.splice(held.indexOf(last), 1);
    }
  }

  return {
    add: (belonging) => void held.push(belonging),
    async stopAll() {
      stopping = (stopping ?? Promise.resolve()).then(stopHeld);
      await stopping;
      return problems;
    },
    abandonAll() {
      for (const { abandon } of held.toReversed()) abandon?.();
    },
  };
}
