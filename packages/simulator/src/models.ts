/** What the simulator charges, in USD per million tokens, as decimal strings so that no float touches money. */
export interface ModelPrices {
  readonly input: string;
  readonly cachedInput: string;
  readonly output: string;
}

export interface SimulatedModel {
  readonly prices: ModelPrices;
  /** The middle of the time an answer takes at latency scale 1. */
  readonly latencyMs: number;
  /** Bounds of the thinking tokens billed on top of the visible answer; both 0 for a model that does not reason. */
  readonly reasoningTokens: { readonly from: number; readonly to: number };
  /** How much of a prompt the model repeats when it has nothing better to say. */
  readonly summaryWords: number;
}

const SIM_SMALL: SimulatedModel = {
  prices: { input: "0.15", cachedInput: "0.075", output: "0.60" },
  latencyMs: 150,
  reasoningTokens: { from: 0, to: 0 },
  summaryWords: 24,
};

/** Every model the simulator offers by name; its price list, and the only place either is written. */
export const SIMULATED_MODELS: ReadonlyMap<string, SimulatedModel> = new Map([
  ["sim-small", SIM_SMALL],
  [
    "sim-math",
    {
      prices: { input: "0.55", cachedInput: "0.14", output: "2.19" },
      latencyMs: 300,
      reasoningTokens: { from: 0, to: 0 },
      summaryWords: 24,
    },
  ],
  [
    "sim-large",
    {
      prices: { input: "3.00", cachedInput: "0.30", output: "15.00" },
      latencyMs: 900,
      reasoningTokens: { from: 120, to: 360 },
      summaryWords: 60,
    },
  ],
]);

/** A model of any other name behaves and costs like sim-small, so that any catalogue can be pointed here. */
export function modelNamed(name: string): SimulatedModel {
  return SIMULATED_MODELS.get(name) ?? SIM_SMALL;
}
