import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { ATTENTION_INDEX, TENANT_INDEX } from "./keys.ts";

/** Rows that have it end at its second. */
export const TIME_TO_LIVE_ATTRIBUTE = "expiresAt";

/** The one table. Both indexes hold keys only: a row's transitions cost nothing in them. */
export function tableDefinition(tableName: string): CreateTableCommandInput {
  return {
    TableName: tableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "S" },
      { AttributeName: "attentionShard", AttributeType: "S" },
      { AttributeName: "attentionAt", AttributeType: "N" },
      { AttributeName: "tenantShard", AttributeType: "S" },
      { AttributeName: "tenantSort", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    GlobalSecondaryIndexes: [
      keysOnlyIndex(ATTENTION_INDEX, "attentionShard", "attentionAt"),
      keysOnlyIndex(TENANT_INDEX, "tenantShard", "tenantSort"),
    ],
  };
}

function keysOnlyIndex(name: string, hash: string, range: string) {
  return {
    IndexName: name,
    KeySchema: [
      { AttributeName: hash, KeyType: "HASH" as const },
      { AttributeName: range, KeyType: "RANGE" as const },
    ],
    Projection: { ProjectionType: "KEYS_ONLY" as const },
  };
}

/** Creates the table when it is absent and waits until it can be used. For laptops and trials. */
export async function createTable(client: DynamoDBClient, tableName: string): Promise<void> {
  try {
    await client.send(new CreateTableCommand(tableDefinition(tableName)));
  } catch (error) {
    if (!isNamed(error, "ResourceInUseException")) throw error;
  }
  for (let tries = 0; tries < 100; tries += 1) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    if (Table?.TableStatus === "ACTIVE") break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await switchOnTimeToLive(client, tableName);
}

async function switchOnTimeToLive(client: DynamoDBClient, tableName: string): Promise<void> {
  const specification = { AttributeName: TIME_TO_LIVE_ATTRIBUTE, Enabled: true };
  try {
    await client.send(
      new UpdateTimeToLiveCommand({ TableName: tableName, TimeToLiveSpecification: specification }),
    );
  } catch (error) {
    // The emulator for laptops does not know the operation; a table that has it on already says so.
    if (!isNamed(error, "UnknownOperationException") && !isNamed(error, "ValidationException")) throw error;
  }
}

/** Whether it is an answer of DynamoDB with this name. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
