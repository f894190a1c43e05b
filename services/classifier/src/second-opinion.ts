import type { ConsultSettings } from "@switchyard/shared/catalogue";
import { CONSULTATION_VERSION, consultationOf } from "@switchyard/shared/consultation";
import type { ConsultFailure, Gate, GateReason, JobClass } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { ConsultOutcome } from "@switchyard/shared/ledger";
import { weighGate } from "./gate.ts";
import type { Judgement } from "./judge/judge.ts";
import { type DecideRequest, type Decider, type Placed, place } from "./place.ts";

/** A consultation that is over, and what it took. */
export interface Consulted {
  outcome: ConsultOutcome;
  gate: Gate;
  costPicoUsd: bigint;
  ms: number;
}

/** What there is to say beside the local judge. */
export interface SecondOpinion {
  /** The model that is to be asked first; null: nobody is. */
  ask: ConsultSettings | null;
  gate: Gate | null;
  /** Where the model's word leads; absent, the local judge's stands. */
  placed?: Placed | undefined;
  degraded?: ConsultFailure | undefined;
  wasRecalled: boolean;
  modelId: string;
  strategy: string;
  strategyVersion: string;
}

interface Known {
  judgement: Judgement;
  local: Placed;
  consulted?: Consulted | undefined;
}

/** Asks nobody: says whether a model is to be asked, or what it said. */
export function secondOpinion(decider: Decider, request: DecideRequest, known: Known): SecondOpinion {
  const settings = decider.catalogue.classifier.llm;
  if (settings === null && known.consulted === undefined) return NONE;
  const modelId = settings?.modelId ?? NONE.modelId;
  const named = { modelId, strategyVersion: `${modelId}/${CONSULTATION_VERSION}` };
  if (known.consulted !== undefined) {
    const { outcome, gate } = known.consulted;
    if (settings !== null && "answer" in outcome)
      remember(decider, request, { settings, answer: outcome.answer });
    return { ...NONE, ...named, strategy: "llm", gate, ...following(decider, request, outcome) };
  }
  if (settings === null) return NONE;
  const { judgement, local: placed } = known;
  const gate = weighGate(decider, request, { judgement, placed, settings });
  const answer = ASKING.has(gate.reason) ? recall(decider, request, settings) : undefined;
  if (answer === undefined) {
    const degraded = UNASKABLE[gate.reason];
    return { ...NONE, ...named, gate, degraded, ask: gate.asked ? settings : null };
  }
  const free: Gate = { ...gate, asked: false, price_usd: "0", reason: "cached" };
  const said = following(decider, request, { answer });
  return { ...NONE, ...named, strategy: "llm cached", gate: free, wasRecalled: true, ...said };
}

const NONE: SecondOpinion = {
  ask: null,
  gate: null,
  wasRecalled: false,
  modelId: "none",
  strategy: "none",
  strategyVersion: "none",
};

/** With one of these the local judge is not sure enough, whether or not asking anybody can pay. */
const ASKING: ReadonlySet<GateReason> = new Set(["pays", "no_gate", "cannot_pay", "cost_limit", "deadline"]);

/** A model was to be asked, and cannot be. */
const UNASKABLE: Partial<Record<GateReason, ConsultFailure>> = {
  unpriced: "unpriced",
  inactive: "unavailable",
};

/** An answer that leads nowhere is followed by nobody: a job that has a model keeps it. */
function following(
  decider: Decider,
  request: DecideRequest,
  outcome: ConsultOutcome,
): Pick<SecondOpinion, "placed" | "degraded"> {
  if ("failure" in outcome) return { degraded: outcome.failure };
  try {
    return { placed: place(decider, request, outcome.answer) };
  } catch (error) {
    if (error instanceof SwitchyardError) return { degraded: "unroutable" };
    throw error;
  }
}

function recall({ cache }: Decider, request: DecideRequest, settings: ConsultSettings): JobClass | undefined {
  const key = keyOf(cache, request, settings);
  return key === null ? undefined : cache.asked.get(key);
}

function remember(
  { cache }: Decider,
  request: DecideRequest,
  { settings, answer }: { settings: ConsultSettings; answer: JobClass },
): void {
  const key = keyOf(cache, request, settings);
  if (key !== null) cache.asked.set(key, answer);
}

/** What the model reads, which model it is, and whose prompt. */
function keyOf(
  cache: Decider["cache"],
  { tenant, messages }: DecideRequest,
  { modelId, maxPromptBytes }: ConsultSettings,
): string | null {
  if (tenant === null) return null;
  const read = consultationOf(messages, maxPromptBytes).messages.map(({ content }) => content);
  return cache.keyOf(tenant, modelId, CONSULTATION_VERSION, ...read);
}
