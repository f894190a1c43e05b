import { isTerminal } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { JobRow } from "@switchyard/shared/ledger";
import type { EventPublisher } from "@switchyard/shared/queues";
import type { Response } from "express";
import { readIdempotencyKey } from "../http/idempotency-key.ts";
import { decodeText, parseJson } from "../http/json-body.ts";
import { readPrefer } from "../http/prefer.ts";
import { SUBMIT_BODY } from "../http/request-body.ts";
import type { ApiRequest, Route, Standing } from "../http/request-context.ts";
import { type SubmitOptions, submit } from "../submit.ts";
import type { Waiter } from "../waiter.ts";
import { isDone, ownJob, sendJob, setJobHeaders, waitForJob } from "./job-answers.ts";

export type JobRouteOptions = Standing<SubmitOptions> & { waiter: Waiter; events: EventPublisher };
type Options = JobRouteOptions;

/** A cancel races with whoever moves the row; each lost race is tried again at once, so often. */
const MAX_CANCEL_ROUNDS = 10;

/** Submitting, reading and cancelling one job. */
export function jobRoutes(options: Options): Route[] {
  return [
    {
      method: "post",
      path: "/v1/jobs",
      scope: "jobs:write",
      body: SUBMIT_BODY,
      handle: (...args) => post(options, ...args),
    },
    {
      method: "get",
      path: "/v1/jobs/:id",
      scope: "jobs:read",
      body: null,
      handle: (...args) => get(options, ...args),
    },
    {
      method: "post",
      path: "/v1/jobs/:id/cancel",
      scope: "jobs:write",
      body: null,
      handle: (...args) => cancel(options, ...args),
    },
  ];
}

async function post(options: Options, request: ApiRequest, response: Response) {
  const { http, caller, body, signal, within } = request;
  const { job, isReplay } = await submit(
    { ...options, ...within },
    {
      tenant: caller.tenant,
      keyId: caller.keyId,
      bounds: caller.bounds,
      route: "POST /v1/jobs",
      idempotencyKey: readIdempotencyKey(http.headersDistinct["idempotency-key"]),
      body: parseJson(decodeText(body)),
    },
  );
  if (isReplay) response.setHeader("Idempotent-Replayed", "true");
  const { waitMs, applied } = readPrefer(http.get("prefer"));
  if (applied !== null) response.setHeader("Preference-Applied", applied);
  const seen = await waitForJob({ ...options, ...within }, job, { waitMs, signal, isWanted: isDone });
  response.setHeader("Location", `/v1/jobs/${job.jobId}`);
  const statusOf = (shown: JobRow) => (waitMs > 0 && isDone(shown) ? 200 : 202);
  await sendJob(within.ledger, response, { job: seen, statusOf });
}

async function get(options: Options, { http, caller, signal, within }: ApiRequest, response: Response) {
  const job = await ownJob(within.ledger, caller.tenant, String(http.params["id"]));
  const known = knownVersions(http.get("if-none-match"));
  const { waitMs, applied } = readPrefer(http.get("prefer"));
  if (applied !== null) response.setHeader("Preference-Applied", applied);
  const isWanted = known === null ? isDone : (seen: JobRow) => !known.has(seen.version);
  const seen = await waitForJob({ ...options, ...within }, job, { waitMs, signal, isWanted });
  if (known?.has(seen.version)) {
    setJobHeaders(response, seen);
    response.status(304).end();
    return;
  }
  await sendJob(within.ledger, response, { job: seen, statusOf: () => 200 });
}

/** The versions in `If-None-Match`; null when it names none that we gave out. */
function knownVersions(header: string | undefined): Set<number> | null {
  const tags = (header ?? "").split(",").map((part) => /^\s*(?:W\/)?"(\d{1,9})"\s*$/.exec(part)?.[1]);
  const versions = new Set(tags.filter((tag) => tag !== undefined).map(Number));
  return versions.size === 0 ? null : versions;
}

async function cancel(
  { events, sweepStaleMs }: Options,
  { http, caller, within }: ApiRequest,
  response: Response,
) {
  const { ledger, summon } = within;
  let job = await ownJob(ledger, caller.tenant, String(http.params["id"]));
  for (let round = 0; !isTerminal(job.status) && job.status !== "cancelling"; round += 1) {
    if (round === MAX_CANCEL_ROUNDS) {
      throw new SwitchyardError("ROW_CONFLICT", "the job moves too fast; try again");
    }
    // The sweeper looks ever more rarely at a job that waits for long; from now on somebody waits for its end.
    const soon = ledger.now() + sweepStaleMs;
    const attentionAt = (job.attentionAt ?? soon) < soon ? undefined : soon;
    job = (await ledger.jobs.cancel(job, attentionAt)) ?? (await ownJob(ledger, caller.tenant, job.jobId));
  }
  if (job.status === "cancelling") {
    // An event may be lost, and with it the abort of the call: whoever cancels again tells of it again.
    events.publish(job);
    await summon("settle", job);
  }
  await sendJob(ledger, response, { job, statusOf: (seen) => (isDone(seen) ? 200 : 202) });
}
