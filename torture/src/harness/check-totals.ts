import type { Evidence, StoredAttempt, StoredSums, StoredTotals } from "./evidence.ts";

/** By what the totals are compared; a sum over everything could hide a call that was booked under the wrong one. */
const DIMENSIONS = ["model", "class", "day", "tenant", "team"] as const;
type Named = Record<(typeof DIMENSIONS)[number], string>;

/** What one row, or one line of the bill, should add to the totals. */
type Part = Named & { sums: Partial<StoredSums> };

/** The totals, the rows and the bill come to the same, whichever way they are added up; and each item holds its own rows. */
export function checkTotals({ told, attempts, adjustments, totals, bill }: Evidence): string[] {
  // The caller's own word, so that a tag that is lost or mixed up on the way to a row is seen.
  const teams: Teams = new Map(told.map(({ jobId, team }) => [jobId, team]));
  const changes = adjustments.map(({ change, ...named }) => ({ ...named, sums: change }));
  const rows = [...attempts.flatMap((row) => partsOf(row, teams)), ...changes];
  const priced = [...rows.filter(({ sums }) => (sums.calls ?? 0n) > 0n), ...changes];
  const billed = partsOfBill({ bill, attempts }, teams);
  return [
    ...checkSlots({ attempts, adjustments }, totals),
    ...DIMENSIONS.flatMap((dimension) => [
      ...differences(dimension, { totals, rows }),
      ...differences(dimension, { bill: billed, calls: priced.map(onlyCost) }),
    ]),
  ];
}

/** Names of the two lists are those in the message. */
function differences(
  dimension: keyof Named,
  lists: Record<string, readonly (Named & { sums: Partial<StoredSums> })[]>,
): string[] {
  const [[ours, left], [theirs, right]] = Object.entries(lists) as [
    [string, readonly Part[]],
    [string, readonly Part[]],
  ];
  const values = new Set([...left, ...right].map((part) => part[dimension]));
  return [...values].flatMap((value) => {
    const of = (parts: readonly Part[]) => describe(parts.filter((part) => part[dimension] === value));
    const [a, b] = [of(left), of(right)];
    return a === b ? [] : [`the ${ours} of ${dimension} ${value} are ${a}; the ${theirs} are ${b}`];
  });
}

function describe(parts: readonly Part[]): string {
  const sums = new Map<string, bigint>();
  for (const part of parts) {
    for (const [name, amount] of Object.entries(part.sums)) sums.set(name, (sums.get(name) ?? 0n) + amount);
  }
  const said = [...sums].filter(([, amount]) => amount !== 0n).sort(([a], [b]) => (a < b ? -1 : 1));
  return said.map(([name, amount]) => `${amount} ${name}`).join(", ") || "nothing";
}

/** The team of each job, by its id. */
type Teams = ReadonlyMap<string, string>;

function partsOf(row: StoredAttempt, teams: Teams): Part[] {
  const team = teams.get(row.jobId) ?? "";
  const named = { model: row.modelId, class: row.class, tenant: row.tenant, team };
  const parts: Part[] = [];
  if (row.state === "unknown" && row.riskPlace !== null) {
    parts.push({ ...named, day: dayOf(row.riskPlace), sums: { atRiskPicoUsd: row.maxCostPicoUsd } });
  }
  if (row.state === "settled") {
    parts.push({ ...named, day: dayOf(row.place ?? ""), sums: sumsOfSettled(row) });
  }
  return parts;
}

function sumsOfSettled(row: StoredAttempt): Partial<StoredSums> {
  const isAnswer = row.kind === "invoke" && row.hasAnswer && !row.isSuperseded;
  const tokens = Object.entries(row.tokens ?? {}).map(([name, count]) => [name, BigInt(count)]);
  const known = ["inputTokens", "cachedInputTokens", "cacheWriteTokens", "outputTokens"];
  const cost = row.costPicoUsd;
  return {
    ...Object.fromEntries(tokens.filter(([name]) => known.includes(name as string))),
    calls: 1n,
    answers: isAnswer ? 1n : 0n,
    unpricedCalls: cost === null ? 1n : 0n,
    costPicoUsd: cost ?? 0n,
    baselinePicoUsd: isAnswer && cost !== null ? (row.baselinePicoUsd ?? 0n) : 0n,
    retryPicoUsd: row.kind === "invoke" && !isAnswer ? (cost ?? 0n) : 0n,
    atRiskPicoUsd: cost === null ? row.maxCostPicoUsd : 0n,
  };
}

function onlyCost({ model, class: jobClass, day, tenant, team, sums }: Part): Part {
  return { ...{ model, class: jobClass, day, tenant, team }, sums: { costPicoUsd: sums.costPicoUsd ?? 0n } };
}

/** The bill of calls whose outcome we know, under what they are booked as. */
function partsOfBill({ bill, attempts }: Pick<Evidence, "bill" | "attempts">, teams: Teams): Part[] {
  const rows = new Map(attempts.map((row) => [`${row.jobId}.${row.n}`, row]));
  // The bill says what a provider calls its model: one name for each of ours, if not always the same one.
  const names = new Map<string, Set<string>>();
  for (const { attemptId, model } of bill) {
    const ours = rows.get(attemptId ?? "")?.modelId ?? model;
    names.set(ours, (names.get(ours) ?? new Set()).add(model));
  }
  return bill.flatMap((line) => {
    const row = rows.get(line.attemptId ?? "");
    if (row?.state !== "settled" || (row.adjustedPicoUsd ?? row.costPicoUsd) === null) return [];
    const model = names.get(row.modelId)?.size === 1 ? row.modelId : line.model;
    const named = { model, class: row.class, tenant: row.tenant, team: teams.get(row.jobId) ?? "" };
    return [{ ...named, day: dayOf(row.place ?? ""), sums: { costPicoUsd: BigInt(line.costPicoUsd) } }];
  });
}

/** A slot that was at risk is taken back under its number and this. */
const TAKEN_BACK = 100;

/** Every item contains the slots of its rows, each once, and no others. */
function checkSlots(
  { attempts, adjustments }: Pick<Evidence, "attempts" | "adjustments">,
  totals: readonly StoredTotals[],
): string[] {
  const expected = new Map<string, number[]>();
  const expect = (place: string | null, back = 0) => {
    const [hour = "", bucket = "", slot = ""] = (place ?? "").split("/");
    const name = `${hour}#${bucket}`;
    expected.set(name, [...(expected.get(name) ?? []), Number(slot) + back]);
  };
  for (const row of attempts) {
    if (row.state === "settled") expect(row.place);
    if (row.riskPlace === null) continue;
    expect(row.riskPlace);
    if (row.state === "settled") expect(row.riskPlace, TAKEN_BACK);
  }
  for (const { key, slot } of adjustments) {
    const [hour, bucket] = key.split("#").slice(-2);
    expect(`${hour}/${bucket}/${slot}`);
  }
  const held = new Map(totals.map(({ key, slots }) => [key.split("#").slice(-2).join("#"), slots]));
  return [...new Set([...expected.keys(), ...held.keys()])].flatMap((name) => {
    const [ours, theirs] = [held.get(name) ?? [], expected.get(name) ?? []].map(inOrder);
    return ours === theirs ? [] : [`bucket ${name} contains the slots ${ours}; its rows have ${theirs}`];
  });
}

function inOrder(slots: readonly number[]): string {
  return slots.toSorted((a, b) => a - b).join(" ") || "none";
}

function dayOf(place: string): string {
  return place.slice(0, "2026-01-31".length);
}
