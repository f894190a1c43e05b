import { httpUrl, required, text, withDefault } from "@switchyard/shared/config";

/** Whether there is such a key is for the API to say. */
const apiKey = text.regex(
  /^sk-sy-[\x21-\x7e]+$/,
  "is not an API key, which is a single line that begins with sk-sy-; without -s `npm run` writes lines of its own before it",
);

/** What commands that ask the API read. */
export const cliSettings = {
  url: withDefault("SWITCHYARD_URL", httpUrl, {
    default: "http://127.0.0.1:8080",
    meaning: "address of the API, with or without `/v1`; the default is where `npm start` has it",
  }),
  apiKey: required("SWITCHYARD_API_KEY", apiKey, {
    meaning: "an API key, such as the one that `npm start` prints",
    isSecret: true,
  }),
} as const;
