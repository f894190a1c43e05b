/** An exact rational number in lowest terms; the denominator is positive. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Thrown when a result does not exist, or is too large to be worth computing. */
export class ArithmeticProblem extends Error {}

/** About 1,200 decimal digits: reducing larger fractions would let one prompt occupy the process. */
const MAX_BITS = 4_096;
const ROUNDED_DECIMALS = 10n;
const EXACT_DECIMALS = 30;

export function fraction(numerator: bigint, denominator = 1n): Fraction {
  if (denominator === 0n) throw new ArithmeticProblem("division by zero");
  const divisor =
    greatestCommonDivisor(absolute(numerator), absolute(denominator)) * (denominator < 0n ? -1n : 1n);
  const reduced = { numerator: numerator / divisor, denominator: denominator / divisor };
  if (bitsOf(reduced) > MAX_BITS) throw new ArithmeticProblem("too large");
  return reduced;
}

/** Reads digits with an optional decimal point and optional thousands separators: "1,234.5". */
export function parseFraction(text: string): Fraction {
  const [whole = "", decimals = ""] = text.replaceAll(",", "").split(".");
  return fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
}

export function add(left: Fraction, right: Fraction): Fraction {
  return fraction(
    left.numerator * right.denominator + right.numerator * left.denominator,
    left.denominator * right.denominator,
  );
}

export function negate(value: Fraction): Fraction {
  return { numerator: -value.numerator, denominator: value.denominator };
}

export function multiply(left: Fraction, right: Fraction): Fraction {
  return fraction(left.numerator * right.numerator, left.denominator * right.denominator);
}

export function divide(left: Fraction, right: Fraction): Fraction {
  return fraction(left.numerator * right.denominator, left.denominator * right.numerator);
}

/** The remainder takes the sign of the divisor, as people expect of a clock: -1 mod 12 is 11. */
export function modulo(left: Fraction, right: Fraction): Fraction {
  const quotient = divide(left, right);
  const floor =
    (quotient.numerator - positiveRemainder(quotient.numerator, quotient.denominator)) / quotient.denominator;
  return add(left, negate(multiply(right, fraction(floor))));
}

/** Whole exponents only: a root is rarely rational, and an answer that is nearly right is not an answer. */
export function power(base: Fraction, exponent: Fraction): Fraction {
  if (exponent.denominator !== 1n) throw new ArithmeticProblem("fractional exponent");
  const times = absolute(exponent.numerator);
  if (times * BigInt(bitsOf(base)) > 2 * MAX_BITS) throw new ArithmeticProblem("too large");
  const raised = fraction(base.numerator ** times, base.denominator ** times);
  return exponent.numerator < 0n ? divide(fraction(1n), raised) : raised;
}

/** Exact where the decimals end within 30 places, otherwise rounded half away from zero to 10 places. */
export function toDecimal(value: Fraction): string {
  const places = exactPlaces(value.denominator) ?? ROUNDED_DECIMALS;
  const scaled = absolute(value.numerator) * 10n ** places;
  const rounded = (2n * scaled + value.denominator) / (2n * value.denominator);
  const digits = rounded.toString().padStart(Number(places) + 1, "0");
  const whole = digits.slice(0, digits.length - Number(places));
  const decimals = digits.slice(whole.length).replace(/0+$/, "");
  const sign = value.numerator < 0n && rounded !== 0n ? "-" : "";
  return sign + whole + (decimals === "" ? "" : `.${decimals}`);
}

function exactPlaces(denominator: bigint): bigint | undefined {
  for (let places = 0; places <= EXACT_DECIMALS; places += 1) {
    if (10n ** BigInt(places) % denominator === 0n) return BigInt(places);
  }
  return undefined;
}

function positiveRemainder(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor;
}

function bitsOf(value: Fraction): number {
  return 4 * Math.max(absolute(value.numerator).toString(16).length, value.denominator.toString(16).length);
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [larger, smaller] = [left, right];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger === 0n ? 1n : larger;
}
