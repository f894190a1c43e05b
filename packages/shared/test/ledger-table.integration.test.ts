import { CreateTableCommand, type CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { startLossyDynamodb, uniquePrefix, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SwitchyardError } from "../src/errors/index.ts";
import { type LedgerOptions, openLedger, tableDefinition } from "../src/ledger/index.ts";
import { type TestLedger, usingLedger } from "./support.ts";

afterAll(watchLeaks());

let ours: TestLedger;
beforeAll(async () => {
  ours = await usingLedger();
  return () => ours[Symbol.asyncDispose]();
});

/** What is found of a table once it can be used: warnings, or the lines of an error. */
async function found(options: Partial<LedgerOptions>): Promise<string[]> {
  const ledger = openLedger({ ...ours.options, ...options });
  const findings = () =>
    ledger.checkTable().catch((error: SwitchyardError) => {
      if (error.code === "LEDGER_UNSUITABLE") return error.message.split("\n").slice(1);
      throw error;
    });
  try {
    await waitFor(() =>
      findings().then(
        () => true,
        () => false,
      ),
    );
    return await findings();
  } finally {
    ledger.close();
  }
}

/** The same of a table that is made like ours, but for this. */
async function foundOf(change: (ours: CreateTableCommandInput) => Partial<CreateTableCommandInput>) {
  const tableName = uniquePrefix("table");
  const definition = tableDefinition(tableName);
  await ours.store.client.send(new CreateTableCommand({ ...definition, ...change(definition) }));
  return found({ tableName });
}

test("nothing is said against the table that the code makes", async () => {
  expect(await found({})).toEqual([]);
});

test("every way in which keys and indexes differ is told at once, as what is and what must be", async () => {
  const problems = await foundOf(
    ({ AttributeDefinitions: attributes = [], GlobalSecondaryIndexes: indexes }) => ({
      AttributeDefinitions: attributes
        .filter(({ AttributeName: name }) => name !== "sk" && !name?.startsWith("tenant"))
        .map((one) => (one.AttributeName === "attentionAt" ? { ...one, AttributeType: "S" } : one)),
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      GlobalSecondaryIndexes: (indexes ?? [])
        .filter(({ IndexName: name }) => name === "attention")
        .map((index) => ({ ...index, Projection: { ProjectionType: "ALL" } })),
    }),
  );
  expect(problems).toEqual([
    "  its key is pk (S), and must be pk (S), sk (S)",
    '  the key of the index "attention" is attentionShard (S), attentionAt (S), and must be attentionShard (S), attentionAt (N)',
    '  the projection of the index "attention" is ALL, and must be KEYS_ONLY',
    '  the index "tenant" is missing: its key must be tenantShard (S), tenantSort (S), projecting KEYS_ONLY',
  ]);
});

test("provisioned capacity and an index of somebody else's are warned of, and no reason not to run", async () => {
  const capacity = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
  const warnings = await foundOf(({ GlobalSecondaryIndexes: indexes = [] }) => ({
    BillingMode: "PROVISIONED",
    ProvisionedThroughput: capacity,
    GlobalSecondaryIndexes: [
      ...indexes,
      {
        IndexName: "mine",
        KeySchema: [{ AttributeName: "sk", KeyType: "HASH" as const }],
        Projection: { ProjectionType: "KEYS_ONLY" as const },
      },
    ].map((index) => ({ ...index, ProvisionedThroughput: capacity })),
  }));
  expect(warnings).toEqual([
    'the index "mine" is none of Switchyard\'s, and every write of a row with its key pays for it',
    "its capacity is provisioned: requests beyond it are refused; on demand is what is expected",
  ]);
});

test("a role that may not ask for the time to live is warned, one that may not ask for the table is told so", async () => {
  const way = await startLossyDynamodb(ours.options.endpoint ?? "");
  way.deny("DescribeTimeToLive");
  expect(await found({ endpoint: way.url })).toEqual([
    expect.stringContaining("may not use dynamodb:DescribeTimeToLive"),
  ]);
  way.deny("DescribeTable");
  const ledger = openLedger({ ...ours.options, endpoint: way.url });
  await expect(ledger.checkTable()).rejects.toMatchObject({
    code: "LEDGER_UNAVAILABLE",
    message: expect.stringContaining("may not use dynamodb:DescribeTable on"),
  });
  ledger.close();
  await way.close();
});

test("of a table that is not there it is told how to make it", async () => {
  const ledger = openLedger({ ...ours.options, tableName: uniquePrefix("absent") });
  const error = await ledger.checkTable().catch((cause) => cause);
  expect(error).toBeInstanceOf(SwitchyardError);
  expect(error.message).toMatch(/^there is no table .* create it, with terraform\/ or/);
  ledger.close();
});
