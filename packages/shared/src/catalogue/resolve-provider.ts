import type { Provider } from "./catalogue.ts";
import type { ProviderFile } from "./catalogue-file.ts";
import { limitsOf } from "./limits.ts";
import { didYouMean } from "./nearest-name.ts";
import type { Problem } from "./yaml-source.ts";

/** Names of variables to their values, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What an installation sets. */
export interface Surroundings {
  environment: Environment;
  /** Ids of the providers that are active, whatever is set here; absent or null: the variables decide. */
  activeProviders?: readonly string[] | null;
}

/**
 * A provider is active when every variable it names is set: one rule, whatever its kind. AWS credentials are
 * left out on purpose, because local set-ups carry false ones for the emulated DynamoDB; Bedrock is switched on
 * by naming its region, and its credentials then follow the AWS chain. Processes that hold no keys are told
 * who is active instead.
 */
export function resolveProvider(
  id: string,
  entry: ProviderFile,
  { environment, activeProviders = null }: Surroundings,
): { provider: Provider; problems: Problem[] } {
  const region = entry.kind === "bedrock" ? entry : { region: undefined, region_env: undefined };
  const missing: string[] = [];
  if (entry.base_url_env !== undefined && !read(environment, entry.base_url_env))
    missing.push(entry.base_url_env);
  if (region.region_env !== undefined && !read(environment, region.region_env))
    missing.push(region.region_env);
  if (entry.api_key_env !== undefined && !hasSecret(environment, entry.api_key_env))
    missing.push(entry.api_key_env);
  const inactiveBecause = whyInactive(id, missing, activeProviders);
  const fromEnvironment = entry.base_url_env === undefined ? null : read(environment, entry.base_url_env);
  const provider: Provider = {
    id,
    kind: entry.kind,
    baseUrl: joinUrl(fromEnvironment ?? entry.base_url ?? null, entry.base_path ?? ""),
    region: (region.region_env && read(environment, region.region_env)) || (region.region ?? null),
    apiKeyEnv: entry.api_key_env ?? null,
    limits: limitsOf(entry.limits),
    isActive: inactiveBecause === null,
    inactiveBecause,
    missingVariables: missing,
  };
  return {
    provider,
    problems: [...addressProblems(id, entry, fromEnvironment), ...settingProblems(id, entry)],
  };
}

function whyInactive(
  id: string,
  missing: readonly string[],
  activeProviders: readonly string[] | null,
): string | null {
  if (activeProviders !== null)
    return activeProviders.includes(id) ? null : `${id} not in ${ACTIVE_PROVIDERS}`;
  return missing.length === 0 ? null : `${missing.join(" and ")} not set`;
}

/** Names that are listed as active and stand for no provider of the file. */
export function activeProblems(named: readonly string[], providers: Iterable<string>): Problem[] {
  const known = [...providers];
  return named
    .filter((id) => !known.includes(id))
    .map((id) => ({
      path: [],
      variable: ACTIVE_PROVIDERS,
      code: "unknown_provider",
      detail: `unknown provider "${id}"${didYouMean(id, known) || ` (there are ${known.join(", ")})`}`,
    }));
}

/** The variable that `config` reads the list from. */
const ACTIVE_PROVIDERS = "ACTIVE_PROVIDERS";

/** Set to nothing is not set: compose files and shells hand on empty variables. */
function read(environment: Environment, name: string): string | null {
  return environment[name]?.trim() || null;
}

function hasSecret(environment: Environment, name: string): boolean {
  return read(environment, name) !== null || read(environment, `${name}_FILE`) !== null;
}

function joinUrl(base: string | null, path: string): string | null {
  return base === null ? null : base.replace(/\/+$/, "") + path;
}

/** The value is not shown: an address may hold credentials. */
function addressProblems(id: string, entry: ProviderFile, address: string | null): Problem[] {
  if (address === null || /^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/i.test(address)) return [];
  const detail = `${entry.base_url_env} must hold an http or https URL without credentials or query`;
  return [{ path: ["providers", id, "base_url_env"], code: "invalid_url", detail }];
}

function settingProblems(id: string, entry: ProviderFile): Problem[] {
  const path = ["providers", id];
  const problems: Problem[] = [];
  const add = (detail: string) => problems.push({ path, code: "conflict", detail, isAboutKey: true });
  if (entry.base_url !== undefined && entry.base_url_env !== undefined)
    add("give either base_url or base_url_env, not both");
  if (entry.kind === "openai" && entry.base_url === undefined && entry.base_url_env === undefined) {
    if (entry.api_key_env === undefined) add("give base_url, base_url_env or api_key_env");
    if (entry.base_path !== undefined) add("base_path needs base_url or base_url_env");
  }
  if (entry.kind === "bedrock" && (entry.region === undefined) === (entry.region_env === undefined))
    add("give either region or region_env");
  return problems;
}
