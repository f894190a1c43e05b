/** Stands in every prompt, and so in many an answer: whoever finds it elsewhere has found what must not be there. */
export const PROMPT_CANARY = "heliotrope-lantern";

/** Prompts of every class in turn, each different, so that no answer can pass for another's. */
export function promptOf(n: number): string {
  const kinds = [
    `What is the capital of France? Ticket ${n}, ${PROMPT_CANARY}.`,
    `What is ${n + 12} * ${n + 7}? Ticket ${PROMPT_CANARY}.`,
    `Compare two designs for the ${PROMPT_CANARY} billing system of ${n + 2} regions, weigh their risks and justify a choice.`,
  ];
  return kinds[n % kinds.length] as string;
}

/** How a text kills: a process that reads it to judge it, that reads it to send it, or that writes it down to send. */
export const POISONS = ["classify", "read", "sent"] as const;
export type Poison = (typeof POISONS)[number];

/** A prompt that kills every process that has it in hand, as `preloads/poison.ts` makes it do. */
export function poisonOf(poison: Poison, n: number): string {
  return `Translate "heron" to French for ${markerOf(poison)}${n}. Ticket ${PROMPT_CANARY}.`;
}

export function markerOf(poison: Poison): string {
  return `poison-${poison}-`;
}
