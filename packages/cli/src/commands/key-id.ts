import { CommandFailure } from "../failure.ts";

/**
 * Arguments are seen by others on the machine, and stay in the shell's history.
 * @throws CommandFailure for a whole key where its id belongs.
 */
export function mustBeKeyId(given: string): void {
  if (!given.startsWith("sk-sy-")) return;
  const id = /^sk-sy-([a-z0-9]+)-/.exec(given)?.[1];
  throw new CommandFailure(
    `give its id${id === undefined ? "" : `, ${id}`}, and never a whole key in an argument`,
  );
}
