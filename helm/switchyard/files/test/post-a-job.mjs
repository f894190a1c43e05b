// Posts a job and waits for its end, as a caller would; exits with 0 if it succeeded. Runs in the image of ingest.
const {
  SWITCHYARD_URL: url,
  SWITCHYARD_API_KEY: secret = "",
  SWITCHYARD_MODEL: model = "auto",
  TIMEOUT_SECONDS: timeoutSeconds = "120",
} = process.env;
// A file that a key was written to ends with a line break.
const key = secret.trim();
const deadline = Date.now() + Number(timeoutSeconds) * 1_000;
const ENDED = ["succeeded", "failed", "expired", "cancelled"];

function end(code, message) {
  process.stdout.write(`${message}\n`);
  process.exit(code);
}

async function ask(path, options = {}) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", ...options.headers };
  const signal = AbortSignal.timeout(30_000);
  const response = await fetch(new URL(path, url), { ...options, headers, signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`${options.method ?? "GET"} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

if (!key) end(1, "there is no API key: the Secret that values.yaml names under test.existingSecret lacks it");
try {
  const question = {
    input: "Answer with one word: what is the capital of Peru?",
    model,
    max_output_tokens: 256,
  };
  let job = await ask("/v1/jobs", { method: "POST", body: JSON.stringify(question) });
  process.stdout.write(`${job.id} was accepted\n`);
  while (!ENDED.includes(job.status)) {
    if (Date.now() > deadline) end(1, `${job.id} is still ${job.status} after ${timeoutSeconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    job = await ask(`/v1/jobs/${job.id}`);
  }
  const cost = job.cost?.total_usd ?? "nothing yet";
  end(
    job.status === "succeeded" ? 0 : 1,
    job.status === "succeeded"
      ? `${job.id} was answered by ${job.model} for ${cost} USD: ${job.result?.text ?? ""}`
      : `${job.id} ended ${job.status}: ${job.error?.code ?? ""} ${job.error?.message ?? ""}`,
  );
} catch (error) {
  end(1, error instanceof Error ? error.message : String(error));
}
