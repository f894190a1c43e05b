import { JOB_CLASSES, JOB_STATUSES } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { JobRow, Ledger } from "@switchyard/shared/ledger";
import type { Response } from "express";
import { z } from "zod";
import { checked } from "../http/json-body.ts";
import type { ApiRequest, Route } from "../http/request-context.ts";
import { renderJob } from "../render-job.ts";
import { ownJob } from "./job-answers.ts";

/** Places in the list are 13 digits of milliseconds; no job lies beyond. */
const LAST_INSTANT_MS = 9_999_999_999_999;

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => Math.min(LAST_INSTANT_MS, Math.max(0, Date.parse(text))));

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
  class: z.enum(JOB_CLASSES).optional(),
  model: z.string().max(64).optional(),
  from: instant.optional(),
  to: instant.optional(),
});
type ListQuery = z.infer<typeof ListQuery>;

/** A filter that matches little reads at most so many rows for one answer; `has_more` and `last_id` say so. */
const FILTERED_LOOK = 100;
const MAX_ROWS_READ = 1_000;

/** A tenant's jobs, newest first. `result` is left out of a list: read the job for it. */
export function jobListRoute({ ledger }: { ledger: Ledger }): Route {
  async function handle({ http, caller }: ApiRequest, response: Response): Promise<void> {
    const query = checked(ListQuery, http.query);
    const { jobs, hasMore, lastId } = await find(ledger, caller.tenant, query);
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

/** @returns as `lastId` the row looked at last, when the search ended without filling the page. */
async function find(ledger: Ledger, tenant: string, query: ListQuery) {
  let after = query.after === undefined ? undefined : await cursorOf(ledger, tenant, query.after);
  const { limit: wanted, from, to } = query;
  const isAscending = query.order === "asc";
  // One more than is shown, so that the usual answer takes a single look; a filter looks at more at a time.
  const isFiltered = [query.status, query.class, query.model].some((filter) => filter !== undefined);
  const limit = Math.max(wanted + 1, isFiltered ? FILTERED_LOOK : 0);
  const found: JobRow[] = [];
  for (let read = 0; read < MAX_ROWS_READ; read += limit) {
    const page = await ledger.jobs.list({ tenant, limit, isAscending, after, from, to });
    for (const job of page) {
      if (isMatch(job, query)) {
        if (found.length === wanted) return { jobs: found, hasMore: true };
        found.push(job);
      }
      after = job;
    }
    if (page.length < limit) return { jobs: found, hasMore: false };
  }
  return { jobs: found, hasMore: true, lastId: after?.jobId };
}

async function cursorOf(ledger: Ledger, tenant: string, jobId: string): Promise<JobRow> {
  try {
    return await ownJob(ledger, tenant, jobId);
  } catch (error) {
    if (error instanceof SwitchyardError && error.code === "RESOURCE_MISSING") {
      throw new SwitchyardError("CURSOR_INVALID", "after must be the id of one of your jobs", {
        cause: error,
      });
    }
    throw error;
  }
}

function isMatch(job: JobRow, query: ListQuery): boolean {
  return (
    (query.status === undefined || job.status === query.status) &&
    (query.class === undefined || job.decision?.class === query.class) &&
    (query.model === undefined || job.modelId === query.model)
  );
}
