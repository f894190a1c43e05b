import type { ConsultSettings } from "@switchyard/shared/catalogue";
import { CONSULTATION_VERSION, type Consultation, consultationOf } from "@switchyard/shared/consultation";
import type { ConsultFailure, Gate, GateReason } from "@switchyard/shared/contracts";
import type { ConsultOutcome } from "@switchyard/shared/ledger";
import { follow } from "./follow.ts";
import { weighGate } from "./gate.ts";
import type { Judgement } from "./judge/judge.ts";
import type { DecideRequest, Decider, Placed } from "./place.ts";

/** A consultation that is over, and what it took. */
export interface Consulted {
  /** The model that was asked, whatever the settings name now. */
  modelId: string;
  outcome: ConsultOutcome;
  gate: Gate;
  /** Null: nobody knows. */
  costPicoUsd: bigint | null;
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
  const { consulted, judgement, local: placed } = known;
  if (consulted !== undefined) return opinionOf(decider, request, { consulted, local: placed });
  if (settings === null) return NO_OPINION;
  const { modelId, maxPromptBytes } = settings;
  const shown = once(() => consultationOf(request.messages, maxPromptBytes));
  const gate = weighGate(decider, request, { judgement, placed, settings, shown });
  const key = ASKING.has(gate.reason) ? keyOf(decider, request, { modelId, shown: shown() }) : null;
  const answer = key === null ? undefined : decider.cache.asked.get(key);
  if (answer === undefined) {
    const degraded = UNASKABLE[gate.reason];
    return { ...NO_OPINION, ...namedBy(modelId), gate, degraded, ask: gate.asked ? settings : null };
  }
  const free: Gate = { ...gate, asked: false, price_usd: "0", reason: "cached" };
  const said = following(decider, request, { outcome: { answer }, local: placed });
  return {
    ...NO_OPINION,
    ...namedBy(modelId),
    strategy: "llm cached",
    gate: free,
    wasRecalled: true,
    ...said,
  };
}

/** What the model that was asked said, or that it said nothing. */
function opinionOf(
  decider: Decider,
  request: DecideRequest,
  { consulted, local }: { consulted: Consulted; local: Placed },
): SecondOpinion {
  const { outcome, gate, modelId } = consulted;
  const settings = decider.catalogue.classifier.llm;
  if (settings !== null && "answer" in outcome) {
    const shown = consultationOf(request.messages, settings.maxPromptBytes);
    const key = keyOf(decider, request, { modelId, shown });
    if (key !== null) decider.cache.asked.set(key, outcome.answer);
  }
  const said = following(decider, request, { outcome, local });
  return { ...NO_OPINION, ...namedBy(modelId), strategy: "llm", gate, ...said };
}

function namedBy(modelId: string): Pick<SecondOpinion, "modelId" | "strategyVersion"> {
  return { modelId, strategyVersion: `${modelId}/${CONSULTATION_VERSION}` };
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export const NO_OPINION: SecondOpinion = {
  ask: null,
  gate: null,
  wasRecalled: false,
  modelId: "none",
  strategy: "none",
  strategyVersion: "none",
};

/** With one of these the local judge is not sure enough, whether or not asking anybody can pay. */
const ASKING: ReadonlySet<GateReason> = new Set([
  ...(["pays", "no_gate", "cannot_pay", "cost_limit", "deadline", "too_slow"] as const),
]);

/** A model was to be asked, and cannot be. */
const UNASKABLE: Partial<Record<GateReason, ConsultFailure>> = {
  unpriced: "unpriced",
  inactive: "unavailable",
  too_slow: "too_slow",
};

/** An answer that leads nowhere is followed by nobody: a job that has a model keeps it. */
function following(
  decider: Decider,
  request: DecideRequest,
  { outcome, local }: { outcome: ConsultOutcome; local: Placed },
): Pick<SecondOpinion, "placed" | "degraded"> {
  if ("failure" in outcome) return { degraded: outcome.failure };
  const placed = follow(decider, request, { judged: outcome.answer, local });
  return placed === null ? { degraded: "unroutable" } : { placed };
}

/** What the model reads, which model it is, and whose prompt. */
function keyOf(
  { cache }: Decider,
  { tenant }: DecideRequest,
  { modelId, shown }: { modelId: string; shown: Consultation },
): string | null {
  if (tenant === null) return null;
  const read = shown.messages.map(({ content }) => content);
  return cache.keyOf(tenant, modelId, CONSULTATION_VERSION, ...read);
}
