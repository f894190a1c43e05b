import type { BillLine } from "./bill-line.ts";

interface BillTotals {
  readonly calls: number;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  /** Whole pico-dollars as a decimal string. */
  readonly costPicoUsd: string;
}

export interface BillSummary extends BillTotals {
  readonly byModel: Readonly<Record<string, BillTotals>>;
  /** Calls by the fault they met; calls that met none are under "none". */
  readonly callsByFault: Readonly<Record<string, number>>;
}

/** Sums that are kept while lines are added, so that reading them does not read the bill. */
export class RunningSummary {
  readonly #total = new Sum();
  readonly #byModel = new Map<string, Sum>();
  readonly #callsByFault = new Map<string, number>();

  add(line: BillLine): void {
    const model = this.#byModel.get(line.model) ?? new Sum();
    this.#byModel.set(line.model, model);
    model.add(line);
    this.#total.add(line);
    const fault = line.fault ?? "none";
    this.#callsByFault.set(fault, (this.#callsByFault.get(fault) ?? 0) + 1);
  }

  read(): BillSummary {
    return {
      ...this.#total.read(),
      byModel: Object.fromEntries([...this.#byModel].map(([model, sum]) => [model, sum.read()])),
      callsByFault: Object.fromEntries(this.#callsByFault),
    };
  }
}

class Sum {
  #calls = 0;
  #inputTokens = 0;
  #cachedInputTokens = 0;
  #outputTokens = 0;
  #costPicoUsd = 0n;

  add(line: BillLine): void {
    this.#calls += 1;
    this.#inputTokens += line.inputTokens;
    this.#cachedInputTokens += line.cachedInputTokens;
    this.#outputTokens += line.outputTokens;
    this.#costPicoUsd += BigInt(line.costPicoUsd);
  }

  read(): BillTotals {
    return {
      calls: this.#calls,
      inputTokens: this.#inputTokens,
      cachedInputTokens: this.#cachedInputTokens,
      outputTokens: this.#outputTokens,
      costPicoUsd: this.#costPicoUsd.toString(),
    };
  }
}
