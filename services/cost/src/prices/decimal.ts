/** A number of a JSON text as its digits: what a float would make of it is nobody's price. */
export class Decimal {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
/** No price has so many digits; it keeps an exponent from filling the memory. */
const MAX_DIGITS = 60;

/**
 * A JSON number times a power of ten, exactly, as the shortest decimal string: `1.5e-7` times 10⁶ is `0.15`. Null for what is
 * no such number, below 0, or longer than any price.
 */
export function shifted(number: string, powerOfTen: number): string | null {
  const [, sign, whole = "", fraction = "", exponent = "0"] = NUMBER.exec(number) ?? [];
  if (sign !== "") return null;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent) + powerOfTen;
  if (digits.length + Math.abs(point) > MAX_DIGITS) return null;
  const padded = digits.padStart(digits.length + Math.max(0, 1 - point), "0");
  const at = Math.max(point, 1);
  const left = padded
    .slice(0, at)
    .padEnd(at, "0")
    .replace(/^0+(?=\d)/, "");
  const right = padded.slice(at).replace(/0+$/, "");
  return right === "" ? left : `${left}.${right}`;
}

/** Compares decimal strings by their value: below 0, 0 or above it, as a sort wants it. */
export function compareDecimals(left: string, right: string): number {
  const [a, b] = [left, right].map((text) => {
    const [whole = "", fraction = ""] = text.split(".");
    return BigInt(whole + fraction.padEnd(MAX_DIGITS, "0"));
  }) as [bigint, bigint];
  return a < b ? -1 : a > b ? 1 : 0;
}
