import { JOB_CLASSES, JOB_STATUSES } from "@switchyard/shared/contracts";
import type { Response } from "express";
import { z } from "zod";
import { ApiCode, findJobs, placeOf } from "../find-jobs.ts";
import { checked } from "../http/json-body.ts";
import type { ApiRequest, Route } from "../http/request-context.ts";
import { renderJob } from "../render-job.ts";

const instant = z.iso.datetime({ offset: true }).transform(placeOf);

const ListQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, "must be a number from 1 to 100")
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 100, "must be a number from 1 to 100")
    .default(20),
  after: z.string().max(64).optional(),
  order: z.enum(["asc", "desc"]).default("desc"),
  status: z.enum(JOB_STATUSES).optional(),
  error: ApiCode.optional(),
  dead_letter: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
  class: z.enum(JOB_CLASSES).optional(),
  model: z.string().max(64).optional(),
  from: instant.optional(),
  to: instant.optional(),
});

/** A tenant's jobs, newest first. `result` is left out of a list: read the job for it. */
export function jobListRoute(): Route {
  async function handle({ http, caller, within: { ledger } }: ApiRequest, response: Response): Promise<void> {
    const query = checked(ListQuery, http.query);
    const { limit, after, order, from, to, dead_letter: isDeadLetter, ...rest } = query;
    const { jobs, hasMore, lastId } = await findJobs(ledger, {
      ...{ tenant: caller.tenant, limit, after, from, to },
      isAscending: order === "asc",
      filter: { ...rest, isDeadLetter },
    });
    const views = await Promise.all(jobs.map((job) => ledger.jobs.view(job.jobId)));
    const data = views.filter((view) => view !== null).map((view) => renderJob({ ...view, text: null }));
    response.setHeader("Cache-Control", "private, no-cache");
    response.json({
      object: "list",
      data,
      has_more: hasMore,
      first_id: data[0]?.id ?? null,
      last_id: lastId ?? data.at(-1)?.id ?? null,
    });
  }
  return { method: "get", path: "/v1/jobs", scope: "jobs:read", body: null, hasQuery: true, handle };
}
