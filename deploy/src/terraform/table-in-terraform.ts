import { type Block, blocksIn } from "./read-terraform.ts";

/** What the block `aws_dynamodb_table` makes, as a request of DynamoDB's own. */
export function createRequestOf(table: Block, tableName: string) {
  return {
    TableName: tableName,
    BillingMode: table["billing_mode"],
    AttributeDefinitions: blocksIn(table, "attribute").map(({ name, type }) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    KeySchema: keySchemaOf(table),
    GlobalSecondaryIndexes: blocksIn(table, "global_secondary_index").map((index) => ({
      IndexName: index["name"],
      KeySchema: keySchemaOf(index),
      Projection: { ProjectionType: index["projection_type"] },
    })),
  };
}

function keySchemaOf({ hash_key: hash, range_key: range }: Block) {
  return [
    { AttributeName: hash, KeyType: "HASH" },
    { AttributeName: range, KeyType: "RANGE" },
  ];
}
