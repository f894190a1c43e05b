import { SUBMIT_LIMITS } from "@switchyard/shared/contracts";
import { asSwitchyardError, SwitchyardError } from "@switchyard/shared/errors";
import type { Response } from "express";
import { readIdempotencyKey } from "../http/idempotency-key.ts";
import { decodeText, invalid, parseJson } from "../http/json-body.ts";
import { problemOf, statusOf } from "../http/problem.ts";
import type { ApiRequest, Route } from "../http/request-context.ts";
import { type SubmitOptions, submit } from "../submit.ts";

/** Items submitted at once; the accept rows of a batch then share requests without flooding the table. */
const TOGETHER = 50;
const NDJSON = /^application\/(x-)?ndjson\b/i;

/** What became of one item, in the order they came. */
type ItemAnswer = { index: number; status: number } & ({ id: string } | { error: unknown });

/** Up to 1,000 submits in one request, each accepted or refused on its own. */
export function jobBatchRoute(options: SubmitOptions): Route {
  async function handle({ http, caller }: ApiRequest, response: Response): Promise<void> {
    const headerKey = readIdempotencyKey(http.headersDistinct["idempotency-key"]);
    const items = itemsOf(decodeText(http.body), NDJSON.test(http.get("content-type") ?? ""));
    const requestId = String(response.getHeader("x-request-id") ?? "");
    const answers: ItemAnswer[] = [];
    for (let start = 0; start < items.length; start += TOGETHER) {
      const group = items.slice(start, start + TOGETHER);
      const answered = group.map((item, offset) =>
        submitItem(options, item, { index: start + offset, tenant: caller.tenant, headerKey, requestId }),
      );
      answers.push(...(await Promise.all(answered)));
    }
    const accepted = answers.filter(({ status }) => status === 202).length;
    response
      .status(202)
      .json({ object: "batch", items: answers, accepted, rejected: answers.length - accepted });
  }
  return { method: "post", path: "/v1/jobs/batch", scope: "jobs:write", handle };
}

/** An item's text in NDJSON is parsed with the item, so that one bad line does not refuse the others. */
type Item = { parsed: unknown } | { line: string };

/** @throws SwitchyardError JSON_INVALID or REQUEST_INVALID when the body as a whole is no batch. */
function itemsOf(text: string, isNdjson: boolean): Item[] {
  const items: Item[] = isNdjson ? lines(text) : elements(text);
  const problem = (detail: string) => invalid([{ path: "", code: "invalid_value", detail }]);
  if (items.length === 0) throw problem("a batch must have at least 1 item");
  if (items.length > SUBMIT_LIMITS.batchItems) {
    throw problem(`a batch may have at most ${SUBMIT_LIMITS.batchItems} items; this one has ${items.length}`);
  }
  return items;
}

function lines(text: string): Item[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => ({ line }));
}

function elements(text: string): Item[] {
  const parsed = parseJson(text);
  if (Array.isArray(parsed)) return parsed.map((element: unknown) => ({ parsed: element }));
  const detail = "must be a JSON array of submits, or NDJSON with content type application/x-ndjson";
  throw invalid([{ path: "", code: "invalid_type", detail }]);
}

interface ItemContext {
  index: number;
  tenant: string;
  headerKey: string | null;
  requestId: string;
}

async function submitItem(options: SubmitOptions, item: Item, context: ItemContext): Promise<ItemAnswer> {
  const { index, tenant, headerKey, requestId } = context;
  try {
    const { body, key } = withoutKey("line" in item ? parseJson(item.line) : item.parsed);
    const idempotencyKey = key ?? (headerKey === null ? null : `${headerKey}:${index}`);
    const submission = { tenant, route: "POST /v1/jobs/batch", idempotencyKey, body };
    const { job } = await submit(options, submission);
    return { index, status: 202, id: job.jobId };
  } catch (thrown) {
    const error = asSwitchyardError(thrown);
    if (!(thrown instanceof SwitchyardError)) options.log.error({ error: thrown }, "batch item failed");
    return { index, status: statusOf(error), error: problemOf(error, requestId) };
  }
}

function withoutKey(parsed: unknown): { body: unknown; key: string | null } {
  if (parsed === null || typeof parsed !== "object" || !Object.hasOwn(parsed, "idempotency_key")) {
    return { body: parsed, key: null };
  }
  const { idempotency_key: key, ...body } = parsed as { idempotency_key: unknown };
  if (typeof key === "string") return { body, key: readIdempotencyKey(key) };
  throw invalid([{ path: "idempotency_key", code: "invalid_type", detail: "must be a string" }]);
}
