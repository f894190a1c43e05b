/** A small sound catalogue; tests break it in one place each. */
export const EXAMPLE_YAML = `version: 1
providers:
  local:
    kind: openai
    base_url: http://127.0.0.1:11434/v1/
  openai:
    kind: openai
    api_key_env: OPENAI_API_KEY
  sim:
    kind: openai
    base_url_env: SIMULATOR_URL
    base_path: /v1
  bedrock:
    kind: bedrock
    region_env: BEDROCK_REGION
models:
  small:
    provider: local
    provider_model: llama3.2
    price: local/small
    window_tokens: 8192
    max_output_tokens: 1024
    strength: 10
    bytes_per_token: 3.5
  large:
    provider: openai
    price: openai/large
    window_tokens: 128000
    max_output_tokens: 4096
    timeout_ms: 300000
    concurrency: 2
    strength: 90
routes:
  SIMPLE: [small, large]
  CALCULATION: [large, small]
  COMPLEX: [large]
classifier:
  expected_output_tokens: { SIMPLE: 1, CALCULATION: 2, COMPLEX: 3 }
`;

/** The ids that a price book for it has. */
export const EXAMPLE_PRICE_IDS = new Set(["local/small", "openai/large"]);
