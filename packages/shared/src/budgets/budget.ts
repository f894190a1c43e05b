import type { WindowLength } from "../contracts/index.ts";

/** Which jobs count: those that have all that is given. Nothing given: all of the installation. */
export interface BudgetSubject {
  tenant?: string;
  /** The id of an API key. */
  key?: string;
  tag?: { name: string; value: string };
}

/** `rolling`: the time of that length that ends now, a month being 30 days. `calendar`: the present one of a place. */
export type BudgetWindow =
  | { length: WindowLength; kind: "rolling" }
  | { length: WindowLength; kind: "calendar"; timeZone: string };

/** What the jobs of a subject may cost within a window. */
export interface Budget {
  id: string;
  subject: BudgetSubject;
  window: BudgetWindow;
  limitPicoUsd: bigint;
  /** Spending from which on it alerts; null: it never does. */
  alertPicoUsd: bigint | null;
  /** False: it only alerts, and refuses nothing. */
  isHard: boolean;
  /** Those of the file cannot be changed by the API. */
  source: "file" | "api";
  /** Since when there is one of that id, subject and window; those of the file are there from the start. */
  sinceMs?: number | undefined;
}

/** Whose job it is, and under which tags it is counted. */
export interface Payer {
  tenant: string;
  keyId?: string | undefined;
  tags: Readonly<Record<string, string>>;
}

export function appliesTo({ subject }: Pick<Budget, "subject">, { tenant, keyId, tags }: Payer): boolean {
  if (subject.tenant !== undefined && subject.tenant !== tenant) return false;
  if (subject.key !== undefined && subject.key !== keyId) return false;
  const { tag } = subject;
  return tag === undefined || (Object.hasOwn(tags, tag.name) && tags[tag.name] === tag.value);
}
