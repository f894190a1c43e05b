import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import { SwitchyardError } from "../errors/index.ts";
import { compareTable, compareTimeToLive, isAddressOfAws } from "./compare-table.ts";
import type { StoreOptions } from "./store-requests.ts";
import { isNamed } from "./table.ts";

/**
 * Compares the table with what the code expects of it, and answers what should be mended one day.
 * @throws SwitchyardError LEDGER_UNSUITABLE with every problem; LEDGER_UNAVAILABLE while it is not there, is not ready or may
 * not be described. What the way to DynamoDB throws is passed on as it is.
 */
export async function checkTable(
  client: DynamoDBClient,
  { tableName, endpoint }: Pick<StoreOptions, "tableName" | "endpoint">,
): Promise<string[]> {
  const found = await described(client, tableName);
  const { problems, warnings } = compareTable(found);
  const isEmulated = endpoint !== undefined && !isAddressOfAws(endpoint);
  const timeToLive = await timeToLiveFindings(client, tableName, isEmulated);
  problems.push(...timeToLive.problems);
  if (problems.length > 0) {
    const lines = problems.map((problem) => `  ${problem}`).join("\n");
    throw new SwitchyardError(
      "LEDGER_UNSUITABLE",
      `the table ${tableName} is not one for Switchyard:\n${lines}`,
    );
  }
  const index = found.GlobalSecondaryIndexes?.find(({ IndexStatus }) => IndexStatus === "CREATING");
  if (index !== undefined) throw unavailable(`the index "${index.IndexName}" of ${tableName} is being built`);
  return [...warnings, ...timeToLive.warnings];
}

async function described(client: DynamoDBClient, tableName: string): Promise<TableDescription> {
  const { Table: table } = await client
    .send(new DescribeTableCommand({ TableName: tableName }))
    .catch((cause) => {
      if (isNamed(cause, "ResourceNotFoundException")) {
        const todo = "create it, with terraform/ or `switchyard table create`, or set DYNAMODB_TABLE";
        throw unavailable(`there is no table ${tableName}; ${todo}`, cause);
      }
      if (isNamed(cause, "AccessDeniedException"))
        throw unavailable(`these credentials may not use dynamodb:DescribeTable on ${tableName}`, cause);
      throw cause;
    });
  const status = table?.TableStatus;
  if (table === undefined || (status !== "ACTIVE" && status !== "UPDATING"))
    throw unavailable(`the table ${tableName} is ${status}`);
  return table;
}

async function timeToLiveFindings(client: DynamoDBClient, tableName: string, isEmulated: boolean) {
  try {
    const asked = new DescribeTimeToLiveCommand({ TableName: tableName });
    const { TimeToLiveDescription: found = {} } = await client.send(asked);
    return { problems: compareTimeToLive(found, isEmulated), warnings: [] };
  } catch (error) {
    if (isNamed(error, "UnknownOperationException")) return { problems: [], warnings: [] };
    if (!isNamed(error, "AccessDeniedException")) throw error;
    const warning =
      "these credentials may not use dynamodb:DescribeTimeToLive: nobody knows whether it is on";
    return { problems: [], warnings: [warning] };
  }
}

function unavailable(message: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError("LEDGER_UNAVAILABLE", message, { cause });
}
