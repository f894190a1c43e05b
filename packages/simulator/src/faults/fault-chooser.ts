import { seededRandom } from "../seeded-random.ts";
import { Refusal } from "../wires/refusals.ts";
import { drawFault, type FaultMix } from "./fault-mix.ts";
import { type FaultParameters, type FaultSpec, parseFaultSpec } from "./fault-spec.ts";
import { type Behaviour, FAULTS, type Fault, type FaultName, isFaultName } from "./fault-table.ts";

export interface ChosenFault extends Fault {
  readonly name: FaultName;
}

/** What of a call decides about its fault. */
export interface Suspect {
  /** The header `x-sim-fault`; "none" protects a call from the mix. */
  readonly header: string | undefined;
  readonly model: string;
  readonly attemptId: string | null;
  readonly jobId: string | null;
}

const MODEL_PREFIX = "fault-";
/** Counts of `times` that are remembered; the oldest key goes first. */
const MAX_COUNTED_KEYS = 100_000;

/** Decides which call meets which fault: the header before the model's name, that before the seeded mix. */
export class FaultChooser {
  mix: FaultMix;
  readonly #seed: string;
  readonly #timesByKey = new Map<string, number>();
  #drawn = 0;

  constructor(seed: string, mix: FaultMix) {
    this.#seed = seed;
    this.mix = mix;
  }

  /** Throws a Refusal where the header or the model's name asks for a fault that does not exist. */
  choose(suspect: Suspect): ChosenFault | undefined {
    const spec = requestedFault(suspect);
    if (spec !== undefined)
      return this.#isStillDue(spec, suspect) ? withParameters(spec.name, spec.parameters) : undefined;
    if (suspect.header !== undefined) return undefined;
    // An attempt's own id makes its fate independent of the order of arrival, so a seed can be replayed.
    const draw = suspect.attemptId ?? `call ${this.#drawn}`;
    this.#drawn += 1;
    const name = drawFault(this.mix, seededRandom(this.#seed, "fault", draw));
    return name === undefined ? undefined : withParameters(name, {});
  }

  #isStillDue({ text, parameters }: FaultSpec, { jobId }: Suspect): boolean {
    if (parameters.times === undefined) return true;
    const key = `${parameters.key ?? text}\n${parameters.per === "job" ? jobId : ""}`;
    const seen = this.#timesByKey.get(key) ?? 0;
    this.#timesByKey.set(key, seen + 1);
    const [oldest] = this.#timesByKey.keys();
    if (this.#timesByKey.size > MAX_COUNTED_KEYS && oldest !== undefined) this.#timesByKey.delete(oldest);
    return seen < parameters.times;
  }
}

function requestedFault({ header, model }: Suspect): FaultSpec | undefined {
  if (header !== undefined) return header.trim() === "none" ? undefined : parseFaultSpec(header);
  if (!model.startsWith(MODEL_PREFIX)) return undefined;
  const text = model.slice(MODEL_PREFIX.length);
  const [name = ""] = text.split(";");
  if (!isFaultName(name)) throw new Refusal("404", `The model ${JSON.stringify(model)} does not exist.`);
  return parseFaultSpec(text);
}

function withParameters(name: FaultName, parameters: FaultParameters): ChosenFault {
  const fault: Fault = FAULTS[name];
  return { ...fault, name, behaviour: adjust(fault.behaviour, parameters) };
}

function adjust(behaviour: Behaviour, parameters: FaultParameters): Behaviour {
  switch (behaviour.kind) {
    case "refuse": {
      const retryAfterSeconds = parameters["retry-after"] ?? behaviour.retryAfterSeconds;
      return retryAfterSeconds === undefined ? behaviour : { ...behaviour, retryAfterSeconds };
    }
    case "flood":
      return { ...behaviour, bytes: parameters.bytes ?? behaviour.bytes };
    case "trickle":
      return { ...behaviour, intervalMs: parameters["interval-ms"] ?? behaviour.intervalMs };
    default:
      return behaviour;
  }
}
