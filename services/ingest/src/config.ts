import {
  baseSettings,
  type EnvironmentSource,
  httpUrl,
  nullable,
  readEnvironment,
  required,
  text,
  type ValuesOf,
  whole,
  withDefault,
} from "@switchyard/shared/config";

export const ingestSettings = {
  ...baseSettings,
  host: withDefault("HOST", text, { default: "0.0.0.0", meaning: "address that the API is served on" }),
  port: withDefault("PORT", whole(0, 65_535), {
    default: "8080",
    meaning: "port that the API is served on; 0 takes any free one",
  }),
  apiKeyPepper: required("API_KEY_PEPPER", text.min(16, "must be at least 16 characters"), {
    meaning:
      "the same text that the API runs with: a random one that API keys are hashed with and job ids are derived with; keep it for good",
    isSecret: true,
  }),
  seedApiKey: nullable("SEED_API_KEY", text.regex(/^[^:]+:sk-sy-.+$/, "must be <tenant>:<key>"), {
    meaning: "an API key to create at start, as <tenant>:<key>; for laptops and trials",
    isSecret: true,
  }),
  classifierUrl: withDefault("CLASSIFIER_URL", httpUrl, {
    default: "http://classifier:9464",
    meaning: "operations address of the classifier, asked for dry runs",
  }),
} as const;

export type IngestConfig = ValuesOf<typeof ingestSettings>;

export function readIngestConfig(source: EnvironmentSource): IngestConfig {
  return readEnvironment(ingestSettings, source);
}
