import { createBelongings } from "./belongings.ts";
import { HELP, readFlags } from "./flags.ts";
import { watchInterrupts } from "./interrupts.ts";
import { launch } from "./launch.ts";
import { paintFor } from "./screen/paint.ts";
import { renderFailure } from "./screen/screen.ts";
import { asStartFailure } from "./start-failure.ts";

const belongings = createBelongings();
const interrupted = watchInterrupts(() => {
  belongings.abandonAll();
  process.exit(130);
});
// The reader of a pipe, or the terminal, may be gone before we are; that must not cut the drain short.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2), process.env);
  if (flags.wantsHelp) {
    process.stdout.write(HELP);
    return 0;
  }
  return launch({
    flags,
    environment: process.env,
    workingDir: process.cwd(),
    belongings,
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    paint: paintFor(process.stdout),
    interrupted,
    setVariables(variables) {
      for (const [name, value] of Object.entries(variables)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    },
  });
}

try {
  process.exit(await main());
} catch (error) {
  await belongings.stopAll();
  process.stderr.write(renderFailure(asStartFailure(error)));
  process.exit(1);
}
