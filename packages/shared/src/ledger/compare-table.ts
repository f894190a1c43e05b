import type {
  AttributeDefinition,
  KeySchemaElement,
  TableDescription,
  TimeToLiveDescription,
} from "@aws-sdk/client-dynamodb";
import { TIME_TO_LIVE_ATTRIBUTE, tableDefinition } from "./table.ts";

/** What is wrong with a table. */
export interface TableFindings {
  /** Nothing works with it, or a promise is broken: no service may run on it. */
  problems: string[];
  /** It works, and costs or may refuse more than it has to. */
  warnings: string[];
}

/** A table as DynamoDB describes it, against the one that the code reads and writes. */
export function compareTable(found: TableDescription): TableFindings {
  const expected = tableDefinition(found.TableName ?? "");
  const indexes = expected.GlobalSecondaryIndexes ?? [];
  const there = new Map((found.GlobalSecondaryIndexes ?? []).map((index) => [index.IndexName, index]));
  const problems: string[] = [];
  const differs = (what: string, is: string, must: string) => {
    if (is !== must) problems.push(`${what} is ${is}, and must be ${must}`);
  };
  const must = (keys: KeySchemaElement[] | undefined) => keyText(keys, expected.AttributeDefinitions);
  const is = (keys: KeySchemaElement[] | undefined) => keyText(keys, found.AttributeDefinitions);
  differs("its key", is(found.KeySchema), must(expected.KeySchema));
  for (const { IndexName: name, KeySchema, Projection } of indexes) {
    const index = there.get(name);
    there.delete(name);
    if (index === undefined) {
      problems.push(
        `the index "${name}" is missing: its key must be ${must(KeySchema)}, projecting KEYS_ONLY`,
      );
      continue;
    }
    differs(`the key of the index "${name}"`, is(index.KeySchema), must(KeySchema));
    const projection = (of: typeof Projection) => of?.ProjectionType ?? "unknown";
    differs(`the projection of the index "${name}"`, projection(index.Projection), projection(Projection));
  }
  return { problems, warnings: [...there.keys()].map(strange).concat(billing(found)) };
}

/** Such as `pk (S), sk (S)`. */
function keyText(keys: KeySchemaElement[] = [], attributes: AttributeDefinition[] = []): string {
  const ordered = [...keys].sort((left, right) => rank(left) - rank(right));
  const typeOf = (name: string | undefined) =>
    attributes.find(({ AttributeName }) => AttributeName === name)?.AttributeType ?? "?";
  return ordered.map(({ AttributeName: name }) => `${name} (${typeOf(name)})`).join(", ");
}

function rank({ KeyType }: KeySchemaElement): number {
  return KeyType === "HASH" ? 0 : 1;
}

function strange(index: string | undefined): string {
  return `the index "${index}" is none of Switchyard's, and every write of a row with its key pays for it`;
}

function billing({ BillingModeSummary }: TableDescription): string[] {
  if (BillingModeSummary?.BillingMode === "PAY_PER_REQUEST") return [];
  return ["its capacity is provisioned: requests beyond it are refused; on demand is what is expected"];
}

/**
 * Whether rows end when their time is over. An emulator may not know how (`isEmulated`), and keeps them; with AWS prompts would
 * be kept beyond the days that `retention` promises.
 */
export function compareTimeToLive(found: TimeToLiveDescription, isEmulated: boolean): string[] {
  const { TimeToLiveStatus: status = "unknown", AttributeName: name } = found;
  const isOn = status === "ENABLED" || status === "ENABLING";
  if (isOn && name === TIME_TO_LIVE_ATTRIBUTE) return [];
  if (!isOn && isEmulated) return [];
  const is = isOn ? `goes by the attribute "${name}"` : `is ${status}`;
  return [`its time to live ${is}, and must be on for the attribute "${TIME_TO_LIVE_ATTRIBUTE}"`];
}

/** Domains of AWS: of its partitions, and of those of its endpoints that IPv6 reaches as well. */
const AWS_HOST = /\.(amazonaws\.(com|com\.cn|eu)|api\.aws|api\.amazonwebservices\.(com\.cn|eu))$/;

/** Also AWS may be given by its address, as a private endpoint is. */
export function isAddressOfAws(endpoint: string): boolean {
  return AWS_HOST.test(new URL(endpoint).hostname);
}
