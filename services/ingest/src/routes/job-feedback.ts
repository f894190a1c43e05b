import { FeedbackBody } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { JobRow, Ledger } from "@switchyard/shared/ledger";
import type { EventPublisher } from "@switchyard/shared/queues";
import type { Response } from "express";
import { checked, decodeText, parseJson } from "../http/json-body.ts";
import { SMALL_BODY } from "../http/request-body.ts";
import type { ApiRequest, Route } from "../http/request-context.ts";
import { ownJob, sendJob } from "./job-answers.ts";

/** Feedback races with other feedback and with a replay; each lost race is tried again at once, so often. */
const MAX_ROUNDS = 10;

/** How good a job's outcome was, as its caller says; said again, it replaces what was said before. */
export function jobFeedbackRoute({ events }: { events: EventPublisher }): Route {
  async function handle({ http, caller, body, within }: ApiRequest, response: Response): Promise<void> {
    const feedback = checked(FeedbackBody, parseJson(decodeText(body)));
    const job = await ownJob(within.ledger, caller.tenant, String(http.params["id"]));
    const rated = await rateJob(within.ledger, job, feedback);
    events.publish(rated);
    await sendJob(within.ledger, response, { job: rated, statusOf: () => 200 });
  }
  return { method: "post", path: "/v1/jobs/:id/feedback", scope: "jobs:write", body: SMALL_BODY, handle };
}

/** @throws SwitchyardError JOB_NOT_RATEABLE, ROW_CONFLICT. */
async function rateJob(ledger: Ledger, job: JobRow, feedback: FeedbackBody): Promise<JobRow> {
  const { score, note, should_have_been: shouldHaveBeen } = feedback;
  const said = {
    score,
    ...(note === undefined ? {} : { note }),
    ...(shouldHaveBeen === undefined ? {} : { shouldHaveBeen }),
  };
  let seen = job;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (seen.status !== "succeeded" && seen.status !== "failed") {
      const message = `only a job that succeeded or failed has an outcome to speak of; this one is ${seen.status}`;
      throw new SwitchyardError("JOB_NOT_RATEABLE", message);
    }
    const rated = await ledger.jobs.rate(seen, said);
    if (rated !== null) return rated;
    seen = (await ledger.jobs.read(seen.jobId)) ?? seen;
  }
  throw new SwitchyardError("ROW_CONFLICT", "the job moves too fast; try again");
}
