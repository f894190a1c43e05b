import { isTerminal } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { JobRow } from "@switchyard/shared/ledger";
import type { Response } from "express";
import { readIdempotencyKey } from "../http/idempotency-key.ts";
import { decodeText, parseJson } from "../http/json-body.ts";
import { readPrefer } from "../http/prefer.ts";
import type { ApiRequest, Route } from "../http/request-context.ts";
import { type SubmitOptions, submit } from "../submit.ts";
import { isDone, type JobReader, ownJob, sendJob, waitForJob } from "./job-answers.ts";

type Options = SubmitOptions & JobReader;

/** A cancel races with whoever moves the row; each lost race is tried again at once, so often. */
const MAX_CANCEL_ROUNDS = 10;

/** Submitting, reading and cancelling one job. */
export function jobRoutes(options: Options): Route[] {
  return [
    { method: "post", path: "/v1/jobs", scope: "jobs:write", handle: (...args) => post(options, ...args) },
    { method: "get", path: "/v1/jobs/:id", scope: "jobs:read", handle: (...args) => get(options, ...args) },
    {
      method: "post",
      path: "/v1/jobs/:id/cancel",
      scope: "jobs:write",
      handle: (...args) => cancel(options, ...args),
    },
  ];
}

async function post(options: Options, { http, caller, signal }: ApiRequest, response: Response) {
  const idempotencyKey = readIdempotencyKey(http.headersDistinct["idempotency-key"]);
  const body = parseJson(decodeText(http.body));
  const { tenant } = caller;
  const { job, isReplay } = await submit(options, { tenant, route: "POST /v1/jobs", idempotencyKey, body });
  if (isReplay) response.setHeader("Idempotent-Replayed", "true");
  const preference = readPrefer(http.get("prefer"));
  if (preference.applied !== null) response.setHeader("Preference-Applied", preference.applied);
  const seen = await waitForJob(options, job, { waitMs: preference.waitMs, signal, isWanted: isDone });
  const isAnswered = preference.waitMs > 0 && isDone(seen);
  response.setHeader("Location", `/v1/jobs/${job.jobId}`);
  if (!isAnswered) response.setHeader("Retry-After", "1");
  await sendJob(options.ledger, response, { status: isAnswered ? 200 : 202, job: seen });
}

async function get(options: Options, { http, caller, signal }: ApiRequest, response: Response) {
  const job = await ownJob(options.ledger, caller.tenant, String(http.params["id"]));
  const known = knownVersion(http.get("if-none-match"));
  const preference = readPrefer(http.get("prefer"));
  if (preference.applied !== null) response.setHeader("Preference-Applied", preference.applied);
  const isWanted = known === null ? isDone : (seen: JobRow) => seen.version > known;
  const seen = await waitForJob(options, job, { waitMs: preference.waitMs, signal, isWanted });
  if (known !== null && seen.version <= known) {
    response.setHeader("ETag", `"${seen.version}"`);
    response.setHeader("Cache-Control", "private, no-cache");
    response.status(304).end();
    return;
  }
  await sendJob(options.ledger, response, { status: 200, job: seen });
}

/** The version in `If-None-Match`; null when there is none that we gave out. */
function knownVersion(header: string | undefined): number | null {
  const match = /^\s*(?:W\/)?"(\d{1,9})"\s*$/.exec(header ?? "");
  return match === null ? null : Number(match[1]);
}

async function cancel(options: Options, { http, caller }: ApiRequest, response: Response) {
  const { ledger, summoner, log } = options;
  let job = await ownJob(ledger, caller.tenant, String(http.params["id"]));
  for (let round = 0; !isTerminal(job.status) && job.status !== "cancelling"; round += 1) {
    if (round === MAX_CANCEL_ROUNDS)
      throw new SwitchyardError("ROW_CONFLICT", "the job moves too fast; try again");
    job = (await ledger.jobs.cancel(job)) ?? (await ownJob(ledger, caller.tenant, job.jobId));
  }
  if (job.status === "cancelling") {
    const summons = { version: 1 as const, jobId: job.jobId, generation: job.generation };
    await summoner.summon("settle", summons).catch((error: unknown) => {
      log.warn({ jobId: job.jobId, error }, "summons not acknowledged; the sweeper will deliver it");
    });
  }
  await sendJob(ledger, response, { status: isTerminal(job.status) ? 200 : 202, job });
}
