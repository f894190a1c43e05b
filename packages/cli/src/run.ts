import { SwitchyardError } from "@switchyard/shared/errors";
import { CommanderError } from "commander";
import { CommandFailure } from "./failure.ts";
import { buildProgram } from "./program.ts";
import type { ExitCode, Terminal } from "./terminal.ts";

/** The program `switchyard`. Never rejects: answers the exit code, and has told what is wrong. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const endWith = (code: ExitCode) => {
    exitCode = code;
  };
  try {
    await buildProgram({ ...terminal, endWith }).parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has told it already; help that was asked for is no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    terminal.writeError(`${toldOf(error)}\n`);
    return error instanceof CommandFailure ? error.exitCode : 2;
  }
}

/** Problems of a configuration are a line each, and say themselves where they are. */
function toldOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (text.includes("\n")) return text;
  if (error instanceof SwitchyardError && error.code === "LEDGER_UNAVAILABLE")
    return `switchyard: the table ${isAway(error.cause) ? "cannot be reached" : `cannot be asked (${text})`}; ${TABLE_TODO}`;
  const isKnown = [CommandFailure, SwitchyardError, RangeError].some((kind) => error instanceof kind);
  return isKnown ? `switchyard: ${text}` : `switchyard: ${text}; that is a bug: report it`;
}

/** Nobody is there, as opposed to somebody who refuses. */
function isAway(cause: unknown): boolean {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "EAI_AGAIN"].includes(code ?? "");
}

const TABLE_TODO =
  "check DYNAMODB_ENDPOINT, DYNAMODB_TABLE, AWS_REGION and the credentials of AWS, then try again";
