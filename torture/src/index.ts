export type { Client } from "./harness/client.ts";
export { QUEUE_PREFIX } from "./harness/environment.ts";
export type { Evidence } from "./harness/evidence.ts";
export { promptOf } from "./harness/prompts.ts";
export { expectSound, gather, SERVICES, type ServiceName, withSystem } from "./harness/system.ts";
