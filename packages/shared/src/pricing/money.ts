/** Pico-dollars in one dollar: with prices in USD per million tokens, tokens × price stays whole. */
export const PICO_PER_USD = 1_000_000_000_000n;

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * A decimal string of USD as whole pico-dollars, exactly.
 * @throws RangeError when the text is no plain decimal or has more than 12 decimals that are not zero.
 */
export function parseUsd(text: string): bigint {
  return parseScaled(text, 12);
}

/**
 * A price in USD per million tokens as pico-dollars per token: "0.15" is 150 000.
 * @throws RangeError when the price is finer than one pico-dollar per token (6 decimals).
 */
export function parsePricePerMillion(text: string): bigint {
  return parseScaled(text, 6);
}

/** Whole pico-dollars as the shortest exact decimal string: 1615000000n is "0.001615". */
export function formatUsd(picoUsd: bigint): string {
  const sign = picoUsd < 0n ? "-" : "";
  const digits = (picoUsd < 0n ? -picoUsd : picoUsd).toString().padStart(13, "0");
  const fraction = digits.slice(-12).replace(/0+$/, "");
  return sign + digits.slice(0, -12) + (fraction === "" ? "" : `.${fraction}`);
}

/** Dollars as a float, for graphs and nothing else: whatever is added up, stored or compared stays whole. */
export function approximateUsd(picoUsd: bigint): number {
  return Number(picoUsd) / Number(PICO_PER_USD);
}

function parseScaled(text: string, decimals: number): bigint {
  const match = DECIMAL.exec(text);
  if (match === null) throw new RangeError(`not a decimal number: ${JSON.stringify(text.slice(0, 40))}`);
  const fraction = (match[3] ?? "").replace(/0+$/, "");
  if (fraction.length > decimals)
    throw new RangeError(`more than ${decimals} decimals: ${text.slice(0, 40)}`);
  const value = BigInt((match[2] ?? "0") + fraction.padEnd(decimals, "0"));
  return match[1] === "-" ? -value : value;
}
