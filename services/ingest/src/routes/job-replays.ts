import { ReplayFilterBody } from "@switchyard/shared/contracts";
import { asSwitchyardError, statusOf } from "@switchyard/shared/errors";
import type { JobRow } from "@switchyard/shared/ledger";
import { formatUsd, parseUsd } from "@switchyard/shared/pricing";
import type { Response } from "express";
import { reasonAgainstReplay } from "../dead-letter.ts";
import { ApiCode, findJobs, placeOf } from "../find-jobs.ts";
import { inGroups } from "../http/in-groups.ts";
import { checked, decodeText, parseJson } from "../http/json-body.ts";
import { problemOf } from "../http/problem.ts";
import { SMALL_BODY } from "../http/request-body.ts";
import type { ApiRequest, Route, Standing } from "../http/request-context.ts";
import { type ReplayOptions, replayJob } from "../replay.ts";

const Filter = ReplayFilterBody.extend({ error: ApiCode.optional() });

/** Replays by filter, oldest first. Unless it is told otherwise it only says how many, and at what cost. */
export function jobReplaysRoute(standing: Standing<ReplayOptions>): Route {
  async function handle({ caller, body, within }: ApiRequest, response: Response): Promise<void> {
    const options = { ...standing, ...within };
    const filter = checked(Filter, parseJson(decodeText(body)));
    const { from, to, after, limit, dry_run: isDryRun, ...wanted } = filter;
    const { jobs, hasMore, lastId } = await findJobs(options.ledger, {
      ...{ tenant: caller.tenant, after, limit, filter: wanted, isAscending: true },
      from: from === undefined ? undefined : placeOf(from),
      to: to === undefined ? undefined : placeOf(to),
      isWanted: (job) =>
        reasonAgainstReplay(job) === null && (wanted.error !== undefined || !mayPayTwice(job)),
    });
    const page = { has_more: hasMore, last_id: lastId ?? jobs.at(-1)?.jobId ?? null };
    response.setHeader("Cache-Control", "no-store");
    if (isDryRun) {
      response.json({ object: "replay", dry_run: true, ...estimateOf(jobs), ...page });
      return;
    }
    const requestId = String(response.getHeader("x-request-id") ?? "");
    // The search is over, and what it took is not the replays'.
    within.time.renew();
    const items = await inGroups(jobs, within.time, (job) => replayOne(options, job, requestId));
    const replayed = items.filter(({ status }) => status === 202).length;
    const counts = { count: items.length, replayed, refused: items.length - replayed };
    response.status(202).json({ object: "replay", dry_run: false, items, ...counts, ...page });
  }
  return { method: "post", path: "/v1/jobs/replay", scope: "jobs:write", body: SMALL_BODY, handle };
}

/** Its caller would rather have it fail than be paid for twice: that is for a person to decide who knows why it failed. */
function mayPayTwice({ request, attempts }: JobRow): boolean {
  return request.onUnknown === "fail" && attempts > 0;
}

/**
 * What the chosen models were expected to cost when the jobs were decided. A job that never was, or whose
 * model had no price, is counted apart: it is not free.
 */
function estimateOf(jobs: readonly JobRow[]) {
  const costs = jobs.map(({ decision, modelId }) => {
    const chosen = decision?.candidates.find(({ model }) => model === modelId);
    return chosen?.expected_cost_usd ?? null;
  });
  const known = costs.filter((cost) => cost !== null);
  return {
    count: jobs.length,
    estimated_cost_usd: formatUsd(known.reduce((sum, cost) => sum + parseUsd(cost), 0n)),
    without_estimate: costs.length - known.length,
  };
}

type ReplayedItem = { id: string; status: number } & ({ generation: number } | { error: unknown });

async function replayOne(options: ReplayOptions, job: JobRow, requestId: string): Promise<ReplayedItem> {
  try {
    const { generation } = await replayJob(options, job, {});
    return { id: job.jobId, status: 202, generation };
  } catch (thrown) {
    const error = asSwitchyardError(thrown);
    if (error.kind === "fault") options.log.error({ error: thrown }, "replay failed");
    return { id: job.jobId, status: statusOf(error.code), error: problemOf(error, requestId) };
  }
}
