import type { JobStatus } from "@switchyard/shared/contracts";
import { type AdjustmentRow, type AttemptRow, type CostState, costStateOf } from "@switchyard/shared/ledger";
import { formatUsd, type PriceLine, priceLines } from "@switchyard/shared/pricing";
import { costOf, type Rendering } from "./render-job.ts";

/** What is known of the money of a line. Only a measured one, and a void one, has a cost. */
type LineState = CostState | "void" | "in_flight";

interface ReceiptLine {
  attempt: number;
  /** `adjustment`: what a later price adds to the cost of its attempt, or takes off. */
  kind: "classify" | "invoke" | "adjustment";
  model: string;
  /** A kind of tokens; `call` for what is no matter of tokens, and for a call of which no usage is known. */
  component: (typeof COMPONENTS)[PriceLine["component"]] | "call";
  tokens: number;
  price_id: string;
  price_version: string;
  state: LineState;
  cost_usd: string | null;
}

export interface Receipt {
  object: "receipt";
  job_id: string;
  status: JobStatus;
  currency: "USD";
  lines: ReceiptLine[];
  /** The sum of the lines. */
  total_usd: string;
  /** What calls probably cost whose provider stated no usage: a guess, and in no line. */
  estimated_usd: string;
  /** The most that calls may cost whose lines have no cost yet. */
  at_risk_usd: string;
  baseline_usd: string | null;
  saved_usd: string | null;
}

/** What a job cost, call by call and component by component, those of earlier generations and of judging it too. */
export function renderReceipt({ job, attempts }: Omit<Rendering, "text">): Receipt {
  const { total_usd, estimated_usd, at_risk_usd, baseline_usd, saved_usd } = costOf(job, attempts);
  return {
    object: "receipt",
    job_id: job.jobId,
    status: job.status,
    currency: "USD",
    lines: attempts.flatMap((attempt) => [...linesOf(attempt), ...adjustmentLines(attempt)]),
    ...{ total_usd, estimated_usd, at_risk_usd, baseline_usd, saved_usd },
  };
}

function linesOf(attempt: AttemptRow): ReceiptLine[] {
  const { price, estimate, costPicoUsd, serviceTier } = attempt;
  const usage = attempt.usage ?? estimate?.usage;
  const state = stateOf(attempt);
  if (usage === undefined || state === "void") {
    return [line(attempt, { component: "call", tokens: 0, picoUsd: state === "void" ? 0n : null })];
  }
  const lines = priceLines(price, usage, serviceTier).map((priced) => ({
    ...{ component: COMPONENTS[priced.component], tokens: priced.tokens },
    picoUsd: costPicoUsd === undefined ? null : (priced.costPicoUsd ?? 0n),
  }));
  const ofTokens = lines.reduce((sum, { picoUsd }) => sum + (picoUsd ?? 0n), 0n);
  // What was booked is the truth: where it is not the sum over the tokens, the rest is a line of its own.
  const rest = (costPicoUsd ?? 0n) - ofTokens;
  const isWhole = lines.length > 0 && rest === 0n;
  const all = isWhole ? lines : [...lines, { component: "call" as const, tokens: 0, picoUsd: rest }];
  return all.map((one) => line(attempt, one));
}

const COMPONENTS = {
  input: "input",
  cachedInput: "cached_input",
  cacheWrite: "cache_write",
  cacheWrite1h: "cache_write_1h",
  output: "output",
  reasoning: "reasoning",
  request: "request",
} as const satisfies Record<PriceLine["component"], string>;

function line(
  attempt: AttemptRow,
  { component, tokens, picoUsd }: Pick<ReceiptLine, "component" | "tokens"> & { picoUsd: bigint | null },
): ReceiptLine {
  return {
    attempt: attempt.n,
    kind: attempt.kind,
    model: attempt.modelId,
    component,
    tokens,
    price_id: attempt.price.id,
    price_version: attempt.price.bookVersion,
    state: stateOf(attempt),
    cost_usd: picoUsd === null ? null : formatUsd(picoUsd),
  };
}

/** What each adjustment changes. The lines of the attempt itself stay as they were. */
function adjustmentLines(attempt: AttemptRow): ReceiptLine[] {
  const { adjustments = [], modelId, costPicoUsd = 0n } = attempt;
  const before = [costPicoUsd, ...adjustments.map((row) => row.costPicoUsd)];
  return adjustments.map((row: AdjustmentRow, index) => ({
    ...{ attempt: row.n, kind: "adjustment", model: modelId, component: "call", tokens: 0 },
    ...{ price_id: row.price.id, price_version: row.price.bookVersion, state: "measured" },
    cost_usd: formatUsd(row.costPicoUsd - (before[index] ?? 0n)),
  }));
}

/** Of the attempt by its own row, whatever was adjusted. */
function stateOf({ state, costPicoUsd, estimate }: AttemptRow): LineState {
  if (state === "intent") return "in_flight";
  const own = { state, estimate, ...(costPicoUsd === undefined ? {} : { costPicoUsd }) };
  return costStateOf(own) ?? "void";
}

const COLUMNS = [
  "attempt",
  "kind",
  "model",
  "component",
  "tokens",
  "price_id",
  "price_version",
  "state",
  "cost_usd",
] as const satisfies readonly (keyof ReceiptLine)[];

/** A receipt for people: its lines in columns, amounts beneath. */
export function receiptText(receipt: Receipt): string {
  const rows = [COLUMNS, ...receipt.lines.map((one) => COLUMNS.map((name) => String(one[name] ?? "-")))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) =>
        NUMERIC.has(COLUMNS[column] ?? "")
          ? cell.padStart(widths[column] ?? 0)
          : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  const sums = (["total_usd", "estimated_usd", "at_risk_usd", "baseline_usd", "saved_usd"] as const).map(
    (name) => `${name.padEnd(13)}  ${receipt[name] ?? "-"}`,
  );
  const head = `receipt of ${receipt.job_id}, ${receipt.status}, in ${receipt.currency}`;
  return `${[head, "", ...table, "", ...sums].join("\n")}\n`;
}

const NUMERIC = new Set<string>(["attempt", "tokens", "cost_usd"]);
