import { ChatMessage, JOB_CLASSES, UNBOUNDED } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import { shownDecision } from "@switchyard/shared/ledger";
import type { InternalRoute } from "@switchyard/shared/lifecycle";
import { z } from "zod";
import { decide } from "./decide.ts";
import type { Decider } from "./place.ts";

const JobClassBound = z.enum(JOB_CLASSES).nullable();
const ExplainRequest = z.object({
  messages: z.array(ChatMessage),
  modelRequested: z.string(),
  promptBytes: z.number(),
  maxOutputTokens: z.number().nullable(),
  maxCostUsd: z.string().nullable(),
  bounds: z.object({ min: JobClassBound, max: JobClassBound }).default(UNBOUNDED),
  payer: z.string().nullable().default(null),
});

/** What ingest asks for a dry run, so that it is judged by the very code that judges jobs. */
export function explainWith(decider: Decider): InternalRoute {
  return async (body) => {
    const request = ExplainRequest.parse(body);
    try {
      const { decision, route, standing } = await decide(decider, {
        ...request,
        ...{ tenant: null, timeLeftMs: null, lot: null, atMs: Date.now() },
      });
      return {
        decision: shownDecision(decision),
        model: route.modelId,
        expected_cost_usd: route.isPriced ? route.expectedCostUsd : null,
        holdout_percent: standing.isEligible ? decider.catalogue.classifier.holdoutPpm / 10_000 : 0,
      };
    } catch (error) {
      if (!(error instanceof SwitchyardError)) throw error;
      return { refused: { code: error.code, message: error.message } };
    }
  };
}
