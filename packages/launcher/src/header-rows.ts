import type { FoundRedis } from "./backing.ts";
import type { ProviderPlan } from "./provider-plan.ts";
import { usableModels } from "./provider-plan.ts";
import type { HeaderRow } from "./screen/screen.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface HeaderFacts {
  redis: FoundRedis;
  emulatorUrl: string | null;
  environment: Environment;
  plan: ProviderPlan;
  isLive: boolean;
  /** null: nothing is kept. */
  dataDir: string | null;
}

/** As many as fit a line. */
const MODELS_SHOWN = 6;

/** What this run stands on, and how to have it otherwise. */
export function headerRows(facts: HeaderFacts): HeaderRow[] {
  return [redisRow(facts), ledgerRow(facts), providersRow(facts), modelsRow(facts)];
}

function redisRow({ redis, dataDir }: HeaderFacts): HeaderRow {
  const row = { name: "redis", value: hostOf(redis.url) };
  if (!redis.isOurs) return { ...row, note: `the one of ${redis.how}` };
  if (dataDir !== null) return { ...row, note: `${redis.how}, kept in ${dataDir}` };
  return { ...row, note: `${redis.how}, lost on exit`, hint: "npm start -- --data DIR keeps it" };
}

function ledgerRow({ emulatorUrl, environment, dataDir }: HeaderFacts): HeaderRow {
  const name = "ledger";
  if (emulatorUrl !== null) {
    const kept = dataDir === null ? "lost on exit" : `kept in ${dataDir}`;
    const hint = "set DYNAMODB_TABLE for one in AWS";
    return { name, value: hostOf(emulatorUrl), note: `emulated DynamoDB, ${kept}`, hint };
  }
  const endpoint = environment["DYNAMODB_ENDPOINT"]?.trim();
  const value = endpoint ? hostOf(endpoint) : `AWS ${environment["AWS_REGION"]?.trim() || "us-east-1"}`;
  return { name, value, note: `DynamoDB table ${environment["DYNAMODB_TABLE"]?.trim() || "switchyard"}` };
}

function providersRow({ plan, isLive }: HeaderFacts): HeaderRow {
  const { found, variables, usesSimulator, realProviders } = plan;
  const names = [...(usesSimulator ? ["simulated"] : []), ...realProviders];
  const row = { name: "providers", value: names.join("  ") || "none" };
  if (found.length === 0) {
    const hint =
      variables.length === 0
        ? {}
        : { hint: `set ${variables.slice(0, 2).join(" or ")}, then npm start -- --live` };
    return { ...row, note: "no provider key found", ...hint };
  }
  const keys = found.join(", ");
  if (!isLive)
    return { ...row, note: `${keys} found, not used`, hint: "npm start -- --live uses what is found" };
  return { ...row, note: `live: calls cost money (${keys})` };
}

function modelsRow({ plan, environment }: HeaderFacts): HeaderRow {
  const ids = usableModels(plan.catalogue);
  const more = ids.length > MODELS_SHOWN ? `  and ${ids.length - MODELS_SHOWN} more` : "";
  const value = ids.length === 0 ? "none" : ids.slice(0, MODELS_SHOWN).join("  ") + more;
  return { name: "models", value, hint: environment["SWITCHYARD_CONFIG"]?.trim() || "switchyard.yaml" };
}

/** Host and port alone: an address may hold a password. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host || url : url;
}
