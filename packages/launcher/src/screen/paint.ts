import type { WriteStream } from "node:tty";
import { styleText } from "node:util";

/** How a piece of text is meant; plain output ignores it. */
export type Tone = "title" | "good" | "bad" | "faint";

export type Paint = (tone: Tone, text: string) => string;

const STYLES = { title: "bold", good: "green", bad: "red", faint: "dim" } as const;

/** Colours on a terminal, none in a pipe or where `NO_COLOR` is set. */
export function paintFor(stream: NodeJS.WriteStream | WriteStream): Paint {
  return (tone, text) => styleText(STYLES[tone], text, { stream });
}
