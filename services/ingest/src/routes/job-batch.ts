import { SUBMIT_LIMITS } from "@switchyard/shared/contracts";
import { asSwitchyardError, type FieldProblem, SwitchyardError, statusOf } from "@switchyard/shared/errors";
import { inOwnTrace } from "@switchyard/shared/telemetry";
import type { Response } from "express";
import type { Caller } from "../access.ts";
import { itemKeyProblems, readIdempotencyKey } from "../http/idempotency-key.ts";
import { inGroups } from "../http/in-groups.ts";
import { decodeText, invalid, parseJson } from "../http/json-body.ts";
import { problemOf } from "../http/problem.ts";
import { BATCH_BODY, mediaTypeOf, SUBMIT_BODY } from "../http/request-body.ts";
import type { ApiRequest, Route, Standing } from "../http/request-context.ts";
import { type SubmitOptions, submit } from "../submit.ts";

/** What became of one item, in the order they came. */
type ItemAnswer = { index: number; status: number } & ({ id: string } | { error: unknown });

/** Up to 1,000 submits in one request, each accepted or refused on its own. */
export function jobBatchRoute(standing: Standing<SubmitOptions>): Route {
  async function handle({ http, caller, body, within }: ApiRequest, response: Response): Promise<void> {
    const options = { ...standing, ...within };
    const headerKey = readIdempotencyKey(http.headersDistinct["idempotency-key"]);
    const isNdjson = mediaTypeOf(http.get("content-type")) !== "application/json";
    const items = itemsOf(decodeText(body), isNdjson);
    const requestId = String(response.getHeader("x-request-id") ?? "");
    const answers = await inGroups(items, within.time, (item, index) =>
      // A thousand jobs in one trace would be a trace that nobody can read.
      inOwnTrace(ITEM_SPAN, () => submitItem(options, item, { index, caller, headerKey, requestId })),
    );
    const accepted = answers.filter(({ status }) => status === 202).length;
    response.setHeader("Cache-Control", "no-store");
    response
      .status(202)
      .json({ object: "batch", items: answers, accepted, rejected: answers.length - accepted });
  }
  return { method: "post", path: "/v1/jobs/batch", scope: "jobs:write", body: BATCH_BODY, handle };
}

const ITEM_SPAN = { name: "accept", kind: "internal" } as const;

/** An item's text in NDJSON is parsed with the item, so that one bad line does not refuse the others. */
type Item = { parsed: unknown } | { line: string };

/** @throws SwitchyardError JSON_INVALID or REQUEST_INVALID when the body as a whole is no batch. */
function itemsOf(text: string, isNdjson: boolean): Item[] {
  const items: Item[] = isNdjson ? lines(text) : elements(text);
  const problem = (detail: string) => invalid([{ path: "", code: "invalid_value", detail }]);
  if (items.length === 0) throw problem("a batch must have at least 1 item");
  if (items.length > SUBMIT_LIMITS.batchItems) {
    throw problem(`a batch may have at most ${SUBMIT_LIMITS.batchItems} items; this one has more`);
  }
  return items;
}

/** Stops at one line too many: the millions that 8 MB may hold are never split. */
function lines(text: string): Item[] {
  const items: Item[] = [];
  for (let start = 0; start < text.length && items.length <= SUBMIT_LIMITS.batchItems; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    if (line.trim() !== "") items.push({ line });
    start = end + 1;
  }
  return items;
}

function elements(text: string): Item[] {
  const parsed = parseJson(text);
  if (Array.isArray(parsed)) {
    const some: unknown[] = parsed.slice(0, SUBMIT_LIMITS.batchItems + 1);
    return some.map((element) => ({ parsed: element }));
  }
  const detail = "must be a JSON array of submits, or NDJSON with content type application/x-ndjson";
  throw invalid([{ path: "", code: "invalid_type", detail }]);
}

interface ItemContext {
  index: number;
  caller: Pick<Caller, "tenant" | "keyId" | "bounds">;
  headerKey: string | null;
  requestId: string;
}

async function submitItem(options: SubmitOptions, item: Item, context: ItemContext): Promise<ItemAnswer> {
  const { index, caller, headerKey, requestId } = context;
  try {
    if ("line" in item && item.line.length > SUBMIT_BODY.maxBytes) {
      throw new SwitchyardError("BODY_TOO_LARGE", "an item may have at most 1 MB");
    }
    const { body, key, problems } = withoutKey("line" in item ? parseJson(item.line) : item.parsed);
    // A space is in no key of an item, so the two kinds of key never meet.
    const idempotencyKey = key ?? (headerKey === null ? null : `${headerKey} ${index}`);
    const { tenant, keyId, bounds } = caller;
    const route = "POST /v1/jobs/batch";
    const submission = { tenant, keyId, bounds, route, idempotencyKey, body, problems };
    const { job } = await submit(options, submission);
    return { index, status: 202, id: job.jobId };
  } catch (thrown) {
    const error = asSwitchyardError(thrown);
    if (error.kind === "fault") options.log.error({ error: thrown }, "batch item failed");
    if (error.kind === "unavailable") options.log.warn({ error: thrown }, "batch item cannot be taken now");
    return { index, status: statusOf(error.code), error: problemOf(error, requestId) };
  }
}

/** An item's own key is no part of its body; what is wrong with it is told with what is wrong there. */
function withoutKey(parsed: unknown): { body: unknown; key: string | null; problems: FieldProblem[] } {
  if (parsed === null || typeof parsed !== "object" || !Object.hasOwn(parsed, "idempotency_key")) {
    return { body: parsed, key: null, problems: [] };
  }
  const { idempotency_key: key, ...body } = parsed as { idempotency_key: unknown };
  const problems = itemKeyProblems(key);
  return { body, key: problems.length === 0 ? (key as string) : null, problems };
}
