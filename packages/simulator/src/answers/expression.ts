import { add, divide, type Fraction, fraction, modulo, multiply, negate, power } from "./fraction.ts";
import type { Token } from "./lexer.ts";

/** The value of an expression, and how many tokens at the start of the run belong to it. */
export interface Evaluated {
  readonly value: Fraction;
  readonly length: number;
}

type BinaryOperator = "+" | "-" | "*" | "/" | "mod" | "of" | "^";
type Apply = (left: Fraction, right: Fraction) => Fraction;

const HUNDRED = fraction(100n);
const UNARY_STRENGTH = 3;
/** Deeper nesting than a person writes is refused rather than followed down the stack. */
const MAX_DEPTH = 64;

const BINARY: Readonly<Record<BinaryOperator, { strength: number; rightAssociative?: true; apply: Apply }>> =
  {
    "+": { strength: 1, apply: add },
    "-": { strength: 1, apply: (left, right) => add(left, negate(right)) },
    "*": { strength: 2, apply: multiply },
    "/": { strength: 2, apply: divide },
    mod: { strength: 2, apply: modulo },
    of: { strength: 2, apply: multiply },
    "^": { strength: 4, rightAssociative: true, apply: power },
  };

/**
 * Evaluates the longest expression a run starts with, by precedence climbing; undefined where it starts with none.
 * What follows the expression ("7 + 5 -") is left alone. Throws ArithmeticProblem where no value exists.
 */
export function evaluate(tokens: readonly Token[]): Evaluated | undefined {
  const parser = new Parser(tokens);
  const value = parser.expression(1, 0);
  return value === undefined ? undefined : { value, length: parser.position };
}

class Parser {
  position = 0;
  readonly #tokens: readonly Token[];
  // Set where an operator lacks its operand: the expression ends there on every level. Without it each level would
  // try the same tokens again, and the work would grow exponentially with nested, unclosed parentheses.
  #isEnded = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  expression(minimumStrength: number, depth: number): Fraction | undefined {
    if (depth > MAX_DEPTH) return undefined;
    let left = this.#operand(depth);
    while (left !== undefined && !this.#isEnded) {
      const operator = this.#binaryOperator();
      if (operator === undefined || BINARY[operator].strength < minimumStrength) break;
      const { strength, rightAssociative, apply } = BINARY[operator];
      const before = this.position;
      this.position += 1;
      const right = this.expression(rightAssociative ? strength : strength + 1, depth + 1);
      if (right === undefined) {
        this.position = before;
        this.#isEnded = true;
        break;
      }
      left = apply(left, right);
    }
    return left;
  }

  #operand(depth: number): Fraction | undefined {
    const token = this.#tokens[this.position];
    if (token === "-" || token === "+") {
      this.position += 1;
      const value = this.expression(UNARY_STRENGTH, depth + 1);
      return value === undefined || token === "+" ? value : negate(value);
    }
    if (token === "(") return this.#parenthesis(depth);
    if (typeof token !== "object") return undefined;
    this.position += 1;
    return this.#percent(token);
  }

  #parenthesis(depth: number): Fraction | undefined {
    this.position += 1;
    const value = this.expression(1, depth + 1);
    if (value === undefined || this.#tokens[this.position] !== ")") return undefined;
    this.position += 1;
    return this.#percent(value);
  }

  // A percent sign between two operands is the remainder ("17 % 5"); anywhere else it divides by a hundred.
  #percent(value: Fraction): Fraction {
    if (this.#tokens[this.position] !== "%" || this.#operandFollows()) return value;
    this.position += 1;
    return divide(value, HUNDRED);
  }

  #operandFollows(): boolean {
    const next = this.#tokens[this.position + 1];
    return typeof next === "object" || next === "(";
  }

  #binaryOperator(): BinaryOperator | undefined {
    const token = this.#tokens[this.position];
    if (token === "%") return this.#operandFollows() ? "mod" : undefined;
    return typeof token === "string" && Object.hasOwn(BINARY, token) ? (token as BinaryOperator) : undefined;
  }
}
