import { waitFor } from "../src/index.ts";

/** One call of the DynamoDB protocol. The emulator wants a signature to be there and does not check it. */
export async function askDynamodb(
  url: string,
  operation: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDB_20120810.${operation}`,
      "x-amz-date": "20260101T000000Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** Makes a table with a string key `id` and waits until it is active. */
export async function createTable(url: string, table: string): Promise<void> {
  await askDynamodb(url, "CreateTable", {
    TableName: table,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  });
  const isActive = async () => {
    const { Table } = await askDynamodb(url, "DescribeTable", { TableName: table });
    return (Table as { TableStatus?: string } | undefined)?.TableStatus === "ACTIVE";
  };
  await waitFor(isActive, { intervalMs: 2, what: `table ${table}` });
}
