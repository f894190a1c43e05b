import { isTerminal } from "@switchyard/shared/contracts";
import { type JobRow, openLedger } from "@switchyard/shared/ledger";

/** What this run did, out of the rows that it wrote. */
export interface RunTotals {
  /** Whose jobs they are; others that were given keys are not in the sums. */
  tenant: string;
  jobs: number;
  unfinished: number;
  calls: number;
  costPicoUsd: bigint;
  savedPicoUsd: bigint;
  /** There were more jobs than are read at the end; the sums are those of the last ones. */
  isPartial: boolean;
}

const PAGE = 500;
/** So many rows are read in a second or two; nobody wants to wait longer for a sum. */
const MAX_JOBS = 2_000;

export interface TotalsQuery {
  environment: Readonly<Record<string, string | undefined>>;
  tenant: string;
  /** Milliseconds since the epoch. */
  since: number;
}

/** Adds up the jobs that the tenant has submitted since then. The AWS credentials are those of this process. */
export async function readRunTotals({ environment, tenant, since }: TotalsQuery): Promise<RunTotals> {
  const ledger = openLedger({
    tableName: environment["DYNAMODB_TABLE"]?.trim() || "switchyard",
    region: environment["AWS_REGION"]?.trim() || "us-east-1",
    ...(environment["DYNAMODB_ENDPOINT"] && { endpoint: environment["DYNAMODB_ENDPOINT"] }),
  });
  try {
    const rows: JobRow[] = [];
    let isEnd = false;
    while (!isEnd && rows.length < MAX_JOBS) {
      const page = await ledger.jobs.list({
        tenant,
        limit: PAGE,
        isAscending: false,
        from: since,
        after: rows.at(-1),
      });
      rows.push(...page);
      isEnd = page.length < PAGE;
    }
    return { tenant, ...totalsOf(rows), isPartial: !isEnd };
  } finally {
    ledger.close();
  }
}

/** The sums over some jobs. */
export function totalsOf(rows: readonly JobRow[]): Omit<RunTotals, "tenant" | "isPartial"> {
  const sum = (of: (row: JobRow) => bigint) => rows.reduce((total, row) => total + of(row), 0n);
  return {
    jobs: rows.length,
    unfinished: rows.filter(({ status }) => !isTerminal(status)).length,
    calls: rows.reduce((total, { attempts }) => total + attempts, 0),
    costPicoUsd: sum(({ costPicoUsd = 0n }) => costPicoUsd),
    // What was paid for a job without an answer counts in full against what the others saved.
    savedPicoUsd: sum(({ baselinePicoUsd = 0n, costPicoUsd = 0n }) => baselinePicoUsd - costPicoUsd),
  };
}
