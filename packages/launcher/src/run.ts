import { createBelongings } from "./belongings.ts";
import { HELP, readFlags } from "./flags.ts";
import { watchInterrupts } from "./interrupts.ts";
import { launch } from "./launch.ts";
import { paintFor } from "./screen/paint.ts";
import { renderFailure } from "./screen/screen.ts";
import { asStartFailure } from "./start-failure.ts";

export interface Program {
  args: readonly string[];
  /** The live environment of this process: what is set there, foreign clients see. */
  environment: Record<string, string | undefined>;
}

/** As shells have it for a program that was ended from the keyboard. */
const INTERRUPTED = 130;

/** The program that `npm start` runs. Answers the exit code. */
export async function run({ args, environment }: Program): Promise<number> {
  const belongings = createBelongings();
  const interrupted = watchInterrupts(() => {
    belongings.abandonAll();
    process.exit(INTERRUPTED);
  });
  // The reader of a pipe, or the terminal, may be gone before we are; that must not cut the drain short.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  try {
    const flags = readFlags(args, environment);
    if (flags.wantsHelp) {
      process.stdout.write(HELP);
      return 0;
    }
    return await launch({
      flags,
      environment: { ...environment },
      workingDir: process.cwd(),
      belongings,
      write: (text) => void process.stdout.write(text),
      writeError: (text) => void process.stderr.write(text),
      paint: paintFor(process.stdout),
      interrupted,
      setVariables: (variables) => setVariables(environment, variables),
    });
  } catch (error) {
    await belongings.stopAll();
    process.stderr.write(renderFailure(asStartFailure(error)));
    return 1;
  }
}

/** Set to undefined, a variable of a process would hold that word. */
function setVariables(
  environment: Record<string, string | undefined>,
  variables: Readonly<Record<string, string | undefined>>,
): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete environment[name];
    else environment[name] = value;
  }
}
