import type { Response } from "express";
import type { ApiRequest, Route } from "../http/request-context.ts";
import { receiptText, renderReceipt } from "../render-receipt.ts";
import { ownJob, viewOf } from "./job-answers.ts";

/** What a job cost, line by line: JSON, or text for a caller that prefers it. */
export function jobReceiptRoute(): Route {
  async function handle({ http, caller, within: { ledger } }: ApiRequest, response: Response): Promise<void> {
    const job = await ownJob(ledger, caller.tenant, String(http.params["id"]));
    const receipt = renderReceipt(await viewOf(ledger, job));
    response.setHeader("Cache-Control", "private, no-cache");
    response.setHeader("Vary", "Accept");
    if (http.accepts(["application/json", "text/plain"]) === "text/plain") {
      response.type("text/plain").send(receiptText(receipt));
    } else response.json(receipt);
  }
  return { method: "get", path: "/v1/jobs/:id/receipt", scope: "jobs:read", body: null, handle };
}
