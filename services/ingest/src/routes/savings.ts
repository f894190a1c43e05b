import { addToArm, type Ledger, noArms, savingsOf, spendersOf } from "@switchyard/shared/ledger";
import type { Response } from "express";
import { z } from "zod";
import { checked } from "../http/json-body.ts";
import type { ApiRequest, Route } from "../http/request-context.ts";
import { type Hours, hoursOf, periodQuery, tenantFor, wrong } from "./period.ts";

/** A row is read for each: as many as can be read in the time that a request has. The command has no bound. */
const MAX_JOBS = 10_000;
/** Whose jobs are looked for one after the other. */
const MAX_TENANTS = 100;

const SavingsQuery = z.strictObject(periodQuery);

/** What routing saved on the jobs that were created in a time: by its model, and as measured by the holdout. */
export function savingsRoute(): Route {
  async function handle({ http, caller, within: { ledger } }: ApiRequest, response: Response): Promise<void> {
    const { tenant, from, to } = checked(SavingsQuery, http.query);
    const span = spanOf(hoursOf({ from, to, nowMs: ledger.now() }));
    const named = tenantFor(caller, tenant);
    const tenants = named === null ? await tenantsOf(ledger, span) : [named];
    const arms = noArms();
    let left = MAX_JOBS;
    let unreadableJobs = 0;
    const onBroken = () => {
      unreadableJobs += 1;
    };
    for (const one of tenants) {
      for await (const page of ledger.jobs.armJobs({ tenant: one, ...span, onBroken })) {
        left -= page.length;
        if (left < 0) throw tooMany();
        for (const job of page) addToArm(arms, job);
      }
    }
    const period = { from: new Date(span.fromMs).toISOString(), to: new Date(span.toMs).toISOString() };
    response.setHeader("Cache-Control", "private, no-cache");
    response.json({ object: "savings", ...period, ...savingsOf(arms), unreadable_jobs: unreadableJobs });
  }

  return { method: "get", path: "/v1/savings", scope: "jobs:read", body: null, hasQuery: true, handle };
}

const HOUR_MS = 3_600_000;

/** Milliseconds since the epoch, both inclusive. */
interface Span {
  fromMs: number;
  toMs: number;
}

function spanOf({ first, last }: Hours): Span {
  return { fromMs: Date.parse(`${first}:00:00Z`), toMs: Date.parse(`${last}:00:00Z`) + HOUR_MS - 1 };
}

async function tenantsOf(ledger: Ledger, span: Span): Promise<string[]> {
  const tenants = await spendersOf(ledger, span);
  if (tenants.length > MAX_TENANTS)
    throw wrong("tenant", "required", `there are ${tenants.length} tenants; name one of them`);
  return tenants;
}

function tooMany() {
  const detail = `more than ${MAX_JOBS} jobs were created then; ask for less time, or use \`npm run ledger -- savings\``;
  return wrong("from", "too_big", detail);
}
