import { baseSettings, type EnvironmentSource, readEnvironment } from "../config/index.ts";
import { type Ledger, openLedger } from "../ledger/index.ts";

/** The settings that the ledger depends on; Redis is not among them. */
const ledgerSettings = {
  dynamodbEndpoint: baseSettings.dynamodbEndpoint,
  awsRegion: baseSettings.awsRegion,
  dynamodbTable: baseSettings.dynamodbTable,
} as const;

/**
 * The ledger alone, for a command that is no service: by the clock of this machine.
 * @throws SwitchyardError CONFIG_INVALID with all problems of the environment.
 */
export function openLedgerFrom(source: EnvironmentSource): Ledger {
  const {
    dynamodbEndpoint,
    awsRegion: region,
    dynamodbTable: tableName,
  } = readEnvironment(ledgerSettings, source);
  return openLedger({
    tableName,
    region,
    ...(dynamodbEndpoint === null ? {} : { endpoint: dynamodbEndpoint }),
  });
}
