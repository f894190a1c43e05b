/** An attribute as DynamoDB sends it. */
interface Attribute {
  S?: string;
  N?: string;
  NS?: string[];
  BOOL?: boolean;
}
export type Item = Readonly<Record<string, Attribute>>;

interface Page {
  Items?: Item[];
  LastEvaluatedKey?: Item;
}

/**
 * Every item of a table, over the bare protocol: what judges the ledger shares no code with it. The emulator
 * wants a signature to be there and does not check it.
 */
export async function scanTable(url: string, table: string): Promise<Item[]> {
  const items: Item[] = [];
  let page: Page;
  let start: Item | undefined;
  do {
    page = await scanPage(url, table, start);
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

async function scanPage(url: string, table: string, start: Item | undefined): Promise<Page> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "DynamoDB_20120810.Scan",
      "x-amz-date": "20260101T000000Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: JSON.stringify({
      TableName: table,
      ConsistentRead: true,
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    }),
  });
  if (!response.ok) throw new Error(`Scan: ${response.status} ${await response.text()}`);
  return (await response.json()) as Page;
}
