import { httpUrl, required, text, withDefault } from "@switchyard/shared/config";

/** What commands that ask the API read. */
export const cliSettings = {
  url: withDefault("SWITCHYARD_URL", httpUrl, {
    default: "http://127.0.0.1:8080",
    meaning: "address of the API; the default is where `npm start` has it",
  }),
  apiKey: required("SWITCHYARD_API_KEY", text, {
    meaning: "an API key, such as the one that `npm start` prints",
    isSecret: true,
  }),
} as const;
