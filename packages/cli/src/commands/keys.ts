import type { Command } from "commander";
import { z } from "zod";
import { askApiFor } from "../api/ask-api.ts";
import { CommandFailure } from "../failure.ts";
import { renderTable } from "../screen/table.ts";
import type { Context } from "../terminal.ts";
import { mustBeKeyId } from "./key-id.ts";

const DIRECT = `
With --direct no API is asked: the key is written to the table itself, which is
how the first key with scope admin of an installation is made. It reads
DYNAMODB_ENDPOINT, DYNAMODB_TABLE, DYNAMODB_CREATE_TABLE, AWS_REGION and
API_KEY_PEPPER, as the API does.`;

export function addKeys(program: Command, context: Context): void {
  const keys = program.command("keys").description("Makes, lists and revokes API keys. Needs scope admin.");
  keys
    .command("create")
    .description("Makes a key, which is shown once: on standard output, alone.")
    .requiredOption("--tenant <tenant>", "whose key it is")
    .option("--scopes <scopes>", "of jobs:read, jobs:write, admin (default: jobs:read,jobs:write)")
    .option("--expires <day>", "such as 2027-01-01 (default: never)")
    .option("--min-class <class>", "the least class that its jobs are routed as")
    .option("--max-class <class>", "the most demanding one")
    .option("--direct", "write to the table, without the API")
    .addHelpText("after", DIRECT)
    .action((options: CreateOptions) =>
      options.direct === true
        ? direct(context, ["create", ...argumentsOf(options)])
        : create(context, options),
    );
  keys
    .command("list")
    .description("The keys of a tenant, in the order in which they were made; secrets are not stored.")
    .option("--tenant <tenant>", "default: the tenant of the key that asks")
    .option("--json", "as the API answers it")
    .action((options: { tenant?: string; json?: boolean }) => list(context, options));
  keys
    .command("revoke")
    .description("Ends a key; the API refuses it within 5 seconds.")
    .argument("<id>", "its id; never the key itself")
    .option("--direct", "write to the table, without the API")
    .action((key: string, options: { direct?: boolean }) =>
      options.direct === true ? direct(context, ["revoke", key]) : revoke(context, key),
    );
}

interface CreateOptions {
  tenant: string;
  scopes?: string;
  expires?: string;
  minClass?: string;
  maxClass?: string;
  direct?: boolean;
}

const Key = z.looseObject({
  id: z.string(),
  tenant: z.string(),
  scopes: z.array(z.string()),
  min_class: z.string().nullable(),
  max_class: z.string().nullable(),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
});
const NewKey = z.looseObject({ ...Key.shape, key: z.string() });
const KeyList = z.looseObject({ data: z.array(Key) });

async function create(context: Context, options: CreateOptions): Promise<void> {
  const { tenant, scopes, expires, minClass, maxClass } = options;
  const body = {
    ...{ tenant, scopes: scopes?.split(","), min_class: minClass, max_class: maxClass },
    expires_at: expires === undefined ? undefined : instantOf(expires),
  };
  const made = await askApiFor(context, NewKey, { method: "POST", path: "/v1/keys", body });
  const until = made.expires_at === null ? "until revoked" : `until ${made.expires_at}`;
  context.write(`${made.key}\n`);
  context.writeError(
    `Key ${made.id} of ${made.tenant} (${made.scopes.join(", ")}) is valid ${until}. It is not shown again.\n`,
  );
}

function instantOf(day: string): string {
  const ms = /^\d{4}-\d\d-\d\d/.test(day) ? Date.parse(day) : Number.NaN;
  if (Number.isNaN(ms)) throw new CommandFailure("--expires must be a day to come, such as 2027-01-01");
  return new Date(ms).toISOString();
}

const COLUMNS = ["id", "scopes", "bounds", "made", "ends"].map((name) => ({ name }));

async function list(context: Context, { tenant, json }: { tenant?: string; json?: boolean }): Promise<void> {
  const answer = await askApiFor(context, KeyList, { path: "/v1/keys", query: { tenant } });
  if (json === true) return context.write(`${JSON.stringify(answer, null, 2)}\n`);
  if (answer.data.length === 0) return context.write("no keys\n");
  const rows = answer.data.map((key) => [
    ...[key.id, key.scopes.join(" "), boundsOf(key), dayOf(key.created_at), endOf(key, context.now())],
  ]);
  context.write(renderTable(COLUMNS, rows, context.columns));
}

function boundsOf({ min_class: min, max_class: max }: z.infer<typeof Key>): string {
  return min === null && max === null ? "-" : `${min ?? ""}..${max ?? ""}`;
}

function endOf({ revoked_at: revokedAt, expires_at: expiresAt }: z.infer<typeof Key>, nowMs: number): string {
  if (revokedAt !== null) return `revoked ${dayOf(revokedAt)}`;
  if (expiresAt === null) return "never";
  return Date.parse(expiresAt) > nowMs ? dayOf(expiresAt) : `expired ${dayOf(expiresAt)}`;
}

function dayOf(instant: string): string {
  return instant.slice(0, "2026-01-31".length);
}

async function revoke(context: Context, id: string): Promise<void> {
  mustBeKeyId(id);
  await askApiFor(context, Key, { method: "DELETE", path: `/v1/keys/${encodeURIComponent(id)}` });
  context.write(`Key ${id} is revoked; the API refuses it within 5 seconds.\n`);
}

const NAMES = {
  tenant: "--tenant",
  scopes: "--scopes",
  expires: "--expires",
  minClass: "--min-class",
  maxClass: "--max-class",
} as const satisfies Partial<Record<keyof CreateOptions, string>>;

function argumentsOf(options: CreateOptions): string[] {
  return Object.entries(NAMES).flatMap(([name, option]) => {
    const value = options[name as keyof typeof NAMES];
    return value === undefined ? [] : [option, value];
  });
}

/** The part of ingest that makes keys; loaded only for this, as it brings the client of DynamoDB. */
async function direct(context: Context, args: readonly string[]): Promise<void> {
  const { manageKeys } = await import("@switchyard/ingest");
  const [first = "", ...others] = await manageKeys(args, context);
  context.write(`${first}\n`);
  for (const line of others) context.writeError(`${line}\n`);
}
