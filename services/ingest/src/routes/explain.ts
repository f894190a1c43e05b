import { messagesOf } from "@switchyard/shared/contracts";
import { ERRORS, type ErrorCode, SwitchyardError } from "@switchyard/shared/errors";
import type { Response } from "express";
import { z } from "zod";
import { checkSubmit } from "../check-submit.ts";
import { boundsWithin } from "../class-bounds.ts";
import { decodeText, parseJson } from "../http/json-body.ts";
import { SUBMIT_BODY } from "../http/request-body.ts";
import type { ApiRequest, Route } from "../http/request-context.ts";
import { promptBytesOf, refuseHopeless, type SubmitOptions } from "../submit.ts";

const Explained = z.union([
  z.object({
    decision: z.looseObject({}),
    model: z.string(),
    expected_cost_usd: z.string().nullable(),
    holdout_percent: z.number().default(0),
  }),
  z.object({ refused: z.object({ code: z.string(), message: z.string() }) }),
]);

export type ExplainOptions = Pick<SubmitOptions, "catalogue" | "prices"> & { classifierUrl: string };

/** A dry run of a submit: what would be decided, and why. Creates nothing and spends nothing. */
export function explainRoute(options: ExplainOptions): Route {
  async function handle(
    { body: raw, caller, within: { time } }: ApiRequest,
    response: Response,
  ): Promise<void> {
    const clock = { now: Date.now(), defaultDeadlineMs: options.catalogue.defaults.deadlineMs };
    const { body } = checkSubmit(parseJson(decodeText(raw)), clock);
    const messages = messagesOf(body);
    const promptBytes = promptBytesOf(messages);
    const { tenant } = caller;
    const bounds = boundsWithin(caller.bounds, body);
    refuseHopeless(options, body, { promptBytes, tenant, bounds, atMs: clock.now });
    const question = {
      messages,
      modelRequested: body.model,
      promptBytes,
      maxOutputTokens: body.max_output_tokens ?? null,
      maxCostUsd: body.max_cost_usd ?? null,
      bounds,
      payer: tenant,
    };
    const explained = await askClassifier(options.classifierUrl, question, time.signal);
    if ("refused" in explained) throw refusalOf(explained.refused);
    response.setHeader("Cache-Control", "no-store");
    response.json(explained);
  }
  return { method: "post", path: "/v1/route/explain", scope: "jobs:read", body: SUBMIT_BODY, handle };
}

/** @throws SwitchyardError QUEUE_UNAVAILABLE when the classifier cannot be asked. */
async function askClassifier(
  url: string,
  question: unknown,
  signal: AbortSignal,
): Promise<z.infer<typeof Explained>> {
  try {
    const answer = await fetch(`${url}/route`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(question),
      redirect: "error",
      signal,
    });
    return Explained.parse(await answer.json());
  } catch (error) {
    throw new SwitchyardError("QUEUE_UNAVAILABLE", "the classifier cannot be asked now", { cause: error });
  }
}

function refusalOf({ code, message }: { code: string; message: string }): SwitchyardError {
  return new SwitchyardError(Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "INTERNAL_FAULT", message);
}
