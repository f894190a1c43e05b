import type { JobStatus } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { JobRow, Ledger } from "@switchyard/shared/ledger";
import { z } from "zod";
import { apiCodeOf, isApiCode, isDeadLetter } from "./dead-letter.ts";
import { ownJob } from "./routes/job-answers.ts";

/** What a job has to have; whatever is left out does not matter. */
export interface JobFilter {
  status?: JobStatus | undefined;
  /** The `code` of its error, as the API names it. */
  error?: string | undefined;
  class?: string | undefined;
  model?: string | undefined;
  isDeadLetter?: boolean | undefined;
}

export interface JobSearch {
  tenant: string;
  /** Id of one of the tenant's jobs; the search goes on behind it. */
  after?: string | undefined;
  isAscending: boolean;
  /** Milliseconds since the epoch, both inclusive. */
  from?: number | undefined;
  to?: number | undefined;
  limit: number;
  filter: JobFilter;
  isWanted?: (job: JobRow) => boolean;
}

export interface FoundJobs {
  jobs: JobRow[];
  hasMore: boolean;
  /** The row looked at last, when the search ended without filling the page. */
  lastId?: string | undefined;
}

/** Places in the list are 13 digits of milliseconds; no job lies beyond. */
const LAST_INSTANT_MS = 9_999_999_999_999;
/** A filter that matches little reads at most so many rows for one answer; `has_more` and `last_id` say so. */
const FILTERED_LOOK = 100;
const MAX_ROWS_READ = 1_000;

/** An RFC 3339 instant as the milliseconds that a place in the list has. */
export function placeOf(instant: string): number {
  return Math.min(LAST_INSTANT_MS, Math.max(0, Date.parse(instant)));
}

/** The `code` of an error. One that does not exist would never match, so it is refused. */
export const ApiCode = z.string().refine(isApiCode, "must be a code of docs/errors.md");

/** @throws SwitchyardError CURSOR_INVALID when `after` is not one of the tenant's jobs. */
export async function findJobs(ledger: Ledger, search: JobSearch): Promise<FoundJobs> {
  const { tenant, limit: wanted, from, to, isAscending, filter } = search;
  let after = search.after === undefined ? undefined : await cursorOf(ledger, tenant, search.after);
  // One more than is shown, so that the usual answer takes a single look; a filter looks at more at a time.
  const isFiltered =
    search.isWanted !== undefined || Object.values(filter).some((given) => given !== undefined);
  const limit = isFiltered ? FILTERED_LOOK : wanted + 1;
  const found: JobRow[] = [];
  for (let read = 0; read < Math.max(MAX_ROWS_READ, wanted); read += limit) {
    const page = await ledger.jobs.list({ tenant, limit, isAscending, after, from, to });
    for (const job of page) {
      if (isMatch(job, filter) && search.isWanted?.(job) !== false) {
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

function isMatch(job: JobRow, filter: JobFilter): boolean {
  const code = job.status === "failed" && job.failure !== undefined ? apiCodeOf(job.failure.code) : null;
  return (
    (filter.status === undefined || job.status === filter.status) &&
    (filter.error === undefined || code === filter.error) &&
    (filter.class === undefined || job.decision?.class === filter.class) &&
    (filter.model === undefined || job.modelId === filter.model) &&
    (filter.isDeadLetter === undefined || isDeadLetter(job) === filter.isDeadLetter)
  );
}
