// `npm run check`. The checks run side by side; each prints one line, and what it found if it failed.
import { CHECKS, runCheck } from "./checks.ts";

const results = await Promise.all(
  CHECKS.map(async (check) => {
    const result = await runCheck(check);
    const verdict = result.isOk ? "ok" : "failed";
    console.log(`${result.name.padEnd(10)} ${result.seconds.toFixed(1).padStart(5)} s  ${verdict}`);
    return result;
  }),
);
const failed = results.filter(({ isOk }) => !isOk);
for (const { name, said } of failed) console.log(`\n── ${name}\n${said.trimEnd()}`);
process.exitCode = failed.length === 0 ? 0 : 1;
