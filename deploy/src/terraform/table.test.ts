import { openLedger, TIME_TO_LIVE_ATTRIBUTE, tableDefinition } from "@switchyard/shared/ledger";
import { testDynamodb, uniquePrefix, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Block, blocksIn, computed, readTerraform, resourceOf } from "./read-terraform.ts";
import { createRequestOf } from "./table-in-terraform.ts";

afterAll(watchLeaks());

let table: Block;
beforeAll(async () => {
  table = resourceOf(await readTerraform(), "aws_dynamodb_table");
});

test("the table is the one that the code makes for itself, to the last index", () => {
  expect(createRequestOf(table, "t")).toEqual(tableDefinition("t"));
  expect(blocksIn(table, "ttl")).toEqual([{ enabled: true, attribute_name: TIME_TO_LIVE_ATTRIBUTE }]);
});

test("a table that DynamoDB makes of it passes the comparison that services start with", async () => {
  const dynamodb = await testDynamodb();
  const tableName = uniquePrefix("terraform");
  await send(dynamodb.url, "CreateTable", createRequestOf(table, tableName));
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "test");
  const ledger = openLedger({ tableName, region: "us-east-1", endpoint: dynamodb.url });
  await waitFor(async () => (await ledger.checkTable()).length === 0);
  ledger.close();
  vi.unstubAllEnvs();
  await dynamodb.stop();
});

test("the table is on demand, recoverable, encrypted with our key and protected, and has no stream", () => {
  expect(table).toMatchObject({
    billing_mode: "PAY_PER_REQUEST",
    stream_enabled: false,
    // A variable, so that all can be taken down on purpose; its default is true.
    deletion_protection_enabled: computed("var.deletion_protection"),
    point_in_time_recovery: [{ enabled: true }],
    server_side_encryption: [{ enabled: true, kms_key_arn: computed("aws_kms_key.this.arn") }],
  });
});

/** One call of DynamoDB's protocol. An emulator wants a signature to be there and does not check it. */
async function send(url: string, operation: string, body: unknown): Promise<void> {
  const authorization =
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization,
      "content-type": "application/x-amz-json-1.0",
      "x-amz-date": "20260101T000000Z",
      "x-amz-target": `DynamoDB_20120810.${operation}`,
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${operation}: ${await response.text()}`);
  await response.text();
}
