import type { Command } from "commander";
import { z } from "zod";
import { askApiFor } from "../api/ask-api.ts";
import { renderTable } from "../screen/table.ts";
import type { Context } from "../terminal.ts";

export function addReceipt(program: Command, context: Context): void {
  program
    .command("receipt")
    .description("What a job cost, call by call and component by component. Needs scope jobs:read.")
    .argument("<job>", "id of the job")
    .option("--json", "as the API answers it")
    .action((jobId: string, { json }: { json?: boolean }) => receipt(context, jobId, json === true));
}

async function receipt(context: Context, jobId: string, isJson: boolean): Promise<void> {
  const path = `/v1/jobs/${encodeURIComponent(jobId)}/receipt`;
  const answer = await askApiFor(context, Receipt, { path });
  context.write(isJson ? `${JSON.stringify(answer, null, 2)}\n` : receiptText(answer, context.columns));
}

const Line = z.looseObject({
  attempt: z.number(),
  kind: z.string(),
  model: z.string(),
  component: z.string(),
  tokens: z.number(),
  price_id: z.string(),
  price_version: z.string(),
  state: z.string(),
  cost_usd: z.string().nullable(),
});
const SUMS = ["total_usd", "estimated_usd", "at_risk_usd", "baseline_usd", "saved_usd"] as const;
const amount = z.string().nullable();
const Receipt = z.looseObject({
  job_id: z.string(),
  status: z.string(),
  currency: z.string(),
  lines: z.array(Line),
  ...{
    total_usd: amount,
    estimated_usd: amount,
    at_risk_usd: amount,
    baseline_usd: amount,
    saved_usd: amount,
  },
});
type Receipt = z.infer<typeof Receipt>;

const COLUMNS = [
  { name: "call", align: "right" },
  { name: "kind" },
  { name: "model" },
  { name: "component" },
  { name: "tokens", align: "right" },
  { name: "state" },
  { name: "cost_usd", align: "decimal" },
] as const;

/** The lines, what they come to, and the price that each call had. */
function receiptText(receipt: Receipt, width: number | null): string {
  const lines = receipt.lines.map((line) => [
    ...[String(line.attempt), line.kind, line.model, line.component, String(line.tokens), line.state],
    line.cost_usd ?? "-",
  ]);
  const sums = SUMS.map((name) => [name, receipt[name] ?? "-"]);
  const prices = receipt.lines.map(
    (line) => `call ${line.attempt}  ${line.price_id} of ${line.price_version}`,
  );
  return [
    `receipt of ${receipt.job_id}, ${receipt.status}, in ${receipt.currency}\n`,
    lines.length === 0 ? "no call was made\n" : renderTable(COLUMNS, lines, width),
    renderTable([{ name: "" }, { name: "", align: "decimal" }], sums, null).trimStart(),
    ...(prices.length === 0 ? [] : [`prices\n${[...new Set(prices)].map((text) => `  ${text}\n`).join("")}`]),
  ].join("\n");
}
