import { DiscardBody, ReplayBody } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { JobRow, Ledger } from "@switchyard/shared/ledger";
import type { EventPublisher } from "@switchyard/shared/queues";
import { annotateSpan } from "@switchyard/shared/telemetry";
import type { Response } from "express";
import { limitProblems } from "../check-submit.ts";
import { checked, decodeText, invalid, parseJson, problemsIn } from "../http/json-body.ts";
import { REPLAY_BODY, SMALL_BODY } from "../http/request-body.ts";
import type { ApiRequest, Route, Standing } from "../http/request-context.ts";
import { type ReplayOptions, replayJob } from "../replay.ts";
import { ownJob, sendJob } from "./job-answers.ts";

type Options = Standing<ReplayOptions>;

const MAX_DISCARD_ROUNDS = 10;

/** What a person does with one dead letter: run it again, or lay it aside. */
export function jobReplayRoutes(options: Options): Route[] {
  return [
    {
      method: "post",
      path: "/v1/jobs/:id/replay",
      scope: "jobs:write",
      body: REPLAY_BODY,
      handle: (...args) => replay(options, ...args),
    },
    {
      method: "post",
      path: "/v1/jobs/:id/discard",
      scope: "jobs:write",
      body: SMALL_BODY,
      handle: (...args) => discard(options, ...args),
    },
  ];
}

async function replay(options: Options, { http, caller, body, within }: ApiRequest, response: Response) {
  const wish = checkReplay(body === undefined ? {} : parseJson(decodeText(body)));
  const job = await ownJob(within.ledger, caller.tenant, String(http.params["id"]));
  annotateSpan({ "switchyard.job_id": job.jobId });
  const replayed = await replayJob({ ...options, ...within }, job, wish);
  response.setHeader("Location", `/v1/jobs/${job.jobId}`);
  await sendJob(within.ledger, response, { job: replayed, statusOf: () => 202 });
}

/** @throws SwitchyardError REQUEST_INVALID with every problem of the body. */
function checkReplay(value: unknown): ReplayBody {
  const parsed = ReplayBody.safeParse(value);
  const fields = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const problems = [
    ...(parsed.success ? [] : problemsIn(parsed.error)),
    ...limitProblems(fields, Date.now()),
  ];
  if (!parsed.success || problems.length > 0) throw invalid(problems);
  return parsed.data;
}

async function discard({ events }: Options, { http, caller, body, within }: ApiRequest, response: Response) {
  const { reason } = checked(DiscardBody, parseJson(decodeText(body)));
  const job = await ownJob(within.ledger, caller.tenant, String(http.params["id"]));
  const discarded = await discardJob({ ledger: within.ledger, events }, job, reason);
  await sendJob(within.ledger, response, { job: discarded, statusOf: () => 200 });
}

/** A job that was discarded before stays as it was then, with its first reason. */
async function discardJob(
  { ledger, events }: { ledger: Ledger; events: EventPublisher },
  job: JobRow,
  reason: string,
): Promise<JobRow> {
  let seen = job;
  for (let round = 0; round < MAX_DISCARD_ROUNDS; round += 1) {
    if (seen.discarded !== undefined) return seen;
    if (seen.status !== "failed" && seen.status !== "expired") {
      const message = `only a job that failed or expired can be discarded; this one is ${seen.status}`;
      throw new SwitchyardError("JOB_NOT_REPLAYABLE", message);
    }
    const moved = await ledger.jobs.discard(seen, reason);
    if (moved !== null) {
      events.publish(moved);
      return moved;
    }
    seen = (await ledger.jobs.read(seen.jobId)) ?? seen;
  }
  throw new SwitchyardError("ROW_CONFLICT", "the job moves too fast; try again");
}
