import type { Bench } from "../bench.ts";
import { type Row, row } from "../report.ts";
import { quantile } from "../rounds.ts";
import { type ColdRead, type CostReads, readCosts } from "./cost-reads.ts";
import { DAYS, openFilledLedger } from "./filled-ledger.ts";
import { runVerify, type VerifyRun } from "./verify-run.ts";

const CALLS = 1_000_000;
/** A quarter, half and all of the calls. */
const SHARES = [0.25, 0.5, 1];
const REQUESTS = 200;
/** Of JavaScript's heap: what `ledger verify` gets by with, whatever the number of rows. */
const SMALL_HEAP_MIB = 128;

interface Verified extends VerifyRun {
  calls: number;
  totals: number;
  heapMib: number | null;
}

/** What reading costs costs, and whether memory holds while all totals are recomputed. */
export const readingCosts: Bench = {
  name: "reading-costs",
  title: `Reading costs: ${DAYS} days and 1,000,000 calls by day and model, and verifying all of them`,
  async run({ rounds, scale }) {
    const ledger = await openFilledLedger(Math.ceil(CALLS * scale));
    try {
      const verified: Verified[] = [];
      for (const share of SHARES) {
        const filled = await ledger.fillTo(share);
        const run = { ...filled, heapMib: null, ...(await runVerify(ledger.env)) };
        verified.push(run);
        console.log(`  ${run.says}: ${Math.round(run.seconds)} s, ${Math.round(run.peakRssMib)} MiB`);
      }
      const all = verified.at(-1) as Verified;
      const squeezed = await runVerify(ledger.env, { heapMib: SMALL_HEAP_MIB });
      verified.push({ ...all, ...squeezed, heapMib: SMALL_HEAP_MIB });
      const path = `/v1/costs?group_by=day,model&from=${ledger.from}&to=${ledger.to}`;
      const reads: CostReads[] = [];
      for (let round = 0; round < rounds; round += 1)
        reads.push(await readCosts({ ...ledger, path, requests: REQUESTS }));
      return {
        subject: "GET /v1/costs, or verify",
        reference: "GET /v1/models",
        rows: [...readRows(reads), ...verifyRows(verified)],
        notes: [
          `One request at a time, ${REQUESTS} of each kind a round, by turns, in a fresh process of ingest each round; ${all.totals} items of totals.`,
          "First: nothing in memory, so that all totals are read from the emulated DynamoDB on the same cores. Later ones read today's.",
          `Five tenants, three classes, three models, two keys and three teams; the own tenant has two fifths of the calls.`,
        ],
        rounds: [{ verified }, ...reads.map(summaryOf)],
      };
    } finally {
      await ledger.stop();
    }
  },
};

function readRows(reads: readonly CostReads[]): Row[] {
  const beside = (who: "ownMs" | "adminMs", share: number, bar?: string) =>
    row(`${who === "ownMs" ? "own tenant" : "all tenants"}, ms, p${share * 100}`, reads, {
      subject: (read) => quantile(read[who], share),
      reference: ({ modelsMs }) => quantile(modelsMs, share),
      ...(bar === undefined ? {} : { bar }),
    });
  const first = (who: "own" | "admin", of: keyof ColdRead, what: string) =>
    row(`${who === "own" ? "own tenant" : "all tenants"}, first: ${what}`, reads, {
      subject: ({ cold }) => cold[who][of],
    });
  return [
    ...[beside("ownMs", 0.5), beside("ownMs", 0.95, "<= 300 ms"), beside("ownMs", 0.99)],
    ...[beside("adminMs", 0.5), beside("adminMs", 0.95, "<= 300 ms"), beside("adminMs", 0.99)],
    ...(["own", "admin"] as const).flatMap((who) => [
      first(who, "ms", "ms"),
      first(who, "refused", "requests before it"),
      first(who, "serviceCpuMs", "CPU of ingest, ms"),
      first(who, "dynamodbCpuMs", "CPU of the emulator, ms"),
    ]),
  ];
}

function verifyRows(verified: readonly Verified[]): Row[] {
  return verified.flatMap((one) => {
    const name = `verify, ${one.calls} calls${one.heapMib === null ? "" : `, heap of ${one.heapMib} MiB`}`;
    return [
      row(`${name}: s`, [one], { subject: ({ seconds }) => seconds }),
      row(`${name}: peak RSS, MiB`, [one], { subject: ({ peakRssMib }) => peakRssMib }),
    ];
  });
}

function summaryOf({ cold, ...kinds }: CostReads) {
  const times = Object.entries(kinds).map(([kind, ms]) => [
    kind,
    { p50: quantile(ms, 0.5), p95: quantile(ms, 0.95), p99: quantile(ms, 0.99), most: Math.max(...ms) },
  ]);
  return { cold, ...Object.fromEntries(times) };
}
