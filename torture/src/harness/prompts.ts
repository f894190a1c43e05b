/** Prompts of every class in turn, each different, so that no answer can pass for another's. */
export function promptOf(n: number): string {
  const kinds = [
    `What is the capital of France? Ticket ${n}.`,
    `What is ${n + 12} * ${n + 7}?`,
    `Compare two designs for a billing system of ${n + 2} regions, weigh their risks and justify a choice.`,
  ];
  return kinds[n % kinds.length] as string;
}
