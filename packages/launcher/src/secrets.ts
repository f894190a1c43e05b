import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type EnvironmentSource, readSecret } from "@switchyard/shared/config";
import { StartFailure } from "./start-failure.ts";

/** What only this installation knows. */
export interface LocalSecrets {
  tenant: string;
  apiKey: string;
  pepper: string;
  /** Keeps our keys apart in a Redis that others may be using too. */
  queueTag: string;
}

const TENANT = "local";

/**
 * The secrets of this run: those of the environment, else those kept in `file`, else random ones, which are
 * then kept in `file` for nobody but its owner to read. Without a file they are new at every start.
 */
export function localSecrets(source: EnvironmentSource, file: string | null): LocalSecrets {
  const kept = file === null ? null : readKept(file);
  const secrets = kept ?? {
    tenant: TENANT,
    apiKey: `sk-sy-${randomBytes(4).toString("hex")}-${randomBytes(20).toString("hex")}`,
    pepper: randomBytes(32).toString("hex"),
    queueTag: randomBytes(4).toString("hex"),
  };
  const pepper = readSecret("API_KEY_PEPPER", source) ?? secrets.pepper;
  if (file !== null && kept === null) {
    const content = { ...secrets, pepperDigest: digestOf(pepper) };
    writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  }
  if (file !== null && kept !== null && (kept.pepperDigest ?? digestOf(pepper)) !== digestOf(pepper))
    throw otherPepper(file);
  const [, tenant, apiKey] = /^([^:]+):(.+)$/.exec(readSecret("SEED_API_KEY", source) ?? "") ?? [];
  return {
    tenant: tenant ?? secrets.tenant,
    apiKey: apiKey ?? secrets.apiKey,
    pepper,
    queueTag: secrets.queueTag,
  };
}

/** Of the pepper that the folder's keys are hashed with, which may be one that is not kept in it. */
type KeptSecrets = LocalSecrets & { pepperDigest?: string };

function digestOf(pepper: string): string {
  return createHash("sha256").update(pepper).digest("hex");
}

function otherPepper(file: string): StartFailure {
  return new StartFailure(
    `${dirname(file)} was made with another API_KEY_PEPPER.`,
    "Set API_KEY_PEPPER as it was then, or not at all if it was not set, or give another folder.",
  );
}

function readKept(file: string): KeptSecrets | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw unusable(file, error);
  }
  try {
    const { tenant, apiKey, pepper, queueTag, pepperDigest } = JSON.parse(text) as Record<string, unknown>;
    const values = [tenant, apiKey, pepper, queueTag];
    if (!values.every((value) => typeof value === "string" && value !== ""))
      throw new TypeError("incomplete");
    const digest = typeof pepperDigest === "string" ? { pepperDigest } : {};
    return { tenant, apiKey, pepper, queueTag, ...digest } as KeptSecrets;
  } catch (error) {
    throw unusable(file, error);
  }
}

function unusable(file: string, cause: unknown): StartFailure {
  return new StartFailure(
    `The keys in ${file} cannot be read.`,
    "Restore the file, or delete it to get new keys.",
    { cause },
  );
}
