import { SwitchyardError } from "@switchyard/shared/errors";
import { RedisNotFound } from "@switchyard/testkit";

/** Why the system did not start: what is wrong, a line for each thing, and one line that says what to do. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
  readonly what: readonly string[];
  readonly remedy: string;

  constructor(what: string | readonly string[], remedy: string, options?: { cause?: unknown }) {
    const lines = typeof what === "string" ? [what] : what;
    super(`${lines.join("\n")} ${remedy}`, options);
    this.what = lines;
    this.remedy = remedy;
  }
}

/** Whatever was thrown during the start, as something a newcomer can act on. */
export function asStartFailure(thrown: unknown, logFile?: string): StartFailure {
  if (thrown instanceof StartFailure) return thrown;
  if (thrown instanceof RedisNotFound) return new StartFailure(thrown.what, thrown.remedy, { cause: thrown });
  if (thrown instanceof SwitchyardError) return fromText(thrown.message, logFile);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new StartFailure(message.split("\n"), seeLog(logFile), { cause: thrown });
}

/** Our own messages name the remedy after a colon or a semicolon, where they know one. */
const WITH_REMEDY =
  /^(?<what>.+?)[:;] (?<remedy>(?:set|start|use|run|give|`|check|add|correct|export)\b.*|`.*)$/;

/** A failure that a service told in words: one line, or one line for each problem of a configuration. */
export function fromText(text: string, logFile?: string): StartFailure {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const only = lines.length === 1 ? WITH_REMEDY.exec(lines[0] ?? "") : null;
  if (only?.groups !== undefined) {
    const { what = "", remedy = "" } = only.groups;
    return new StartFailure(what, asSentence(remedy));
  }
  const isConfiguration = lines.every((line) => /^([\w.-]+:\d+:\d+|[A-Z][A-Z0-9_]+:)/.test(line));
  if (isConfiguration) {
    const remedy = `Correct ${lines.length === 1 ? "it" : "these"} and start again.`;
    return new StartFailure(lines, remedy);
  }
  return new StartFailure(lines.slice(-5), seeLog(logFile));
}

function seeLog(logFile: string | undefined): string {
  return logFile === undefined ? "Run it again; if it stays, report it." : `See ${logFile}.`;
}

function asSentence(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return sentence.endsWith(".") ? sentence : `${sentence}.`;
}
