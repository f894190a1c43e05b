import type { Sabotage } from "./sabotaged.ts";

/** Mistakes after which the ledger, the totals and the provider's bill do not agree. */
export const ACCOUNTING: readonly Sabotage[] = [
  {
    letter: "S-a",
    name: "a settle that does not ask whether the call is settled already",
    edits: [
      {
        file: "packages/shared/src/ledger/attempts.ts",
        line: '"#state = :from"',
        becomes: '"#state = :from OR #state <> :from"',
      },
      {
        file: "services/cost/src/settle.ts",
        line: 'row === undefined || row.state === "settled" || row.state === "void"',
        becomes: "row === undefined",
      },
    ],
    breaks: "I5",
    says: /^the totals of/,
    system: {
      failpoint: { service: "cost", name: "settle.afterTotals" },
      // What the summons brought comes again with its own queue job, before the sweeper's bare one.
      sweepStaleMs: 60_000,
    },
  },
  {
    letter: "S-b",
    name: "no row before the call",
    edits: [
      {
        file: "services/invoker/src/make-call.ts",
        line: "    if (!(await attempts.intend(intent))) throw isTaken;\n",
        becomes: "",
      },
    ],
    breaks: "I2",
    says: /was billed and has no row/,
    strandsJobs: true,
    system: {},
  },
  {
    letter: "S-d",
    name: "one settled call in fifty never counted",
    edits: [
      {
        file: "packages/shared/src/ledger/totals.ts",
        line: "    if (await addTogether(once)) return;\n",
        becomes:
          "    if (once.some(({ slot }) => slot % 50 === 7)) return;\n    if (await addTogether(once)) return;\n",
      },
    ],
    breaks: "I5",
    says: /^the totals of/,
    system: {},
  },
  {
    letter: "S-j",
    name: "totals that do not ask whether they hold the call",
    edits: [
      {
        file: "packages/shared/src/ledger/totals.ts",
        line: "NOT contains(#applied,",
        becomes: "attribute_exists(pk) OR NOT contains(#applied,",
      },
    ],
    breaks: "I5",
    says: /^the totals of/,
    system: { failpoint: { service: "cost", name: "settle.afterTotals" } },
  },
  {
    letter: "S-k",
    name: "an answer cut short taken for a call that was not billed",
    edits: [
      {
        file: "services/invoker/src/record-outcome.ts",
        line: "ledger.attempts.unknown(intent, stored(error)",
        becomes: "ledger.attempts.voided(intent, stored(error)",
      },
    ],
    breaks: "I4",
    says: /was billed and its row is void/,
    system: { faults: "truncated=0.3" },
  },
];
