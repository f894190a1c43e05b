import { request } from "undici";
import { type ServiceName, startService } from "../durable-path/system.ts";
import { processCpuMs } from "../meters/process-cpu.ts";

/** The answer is what it costs to read; nothing is written meanwhile. */
export interface ReadLoad {
  env: Record<string, string>;
  dynamodbPid: number;
  /** Asks for its own tenant, and for all of them. */
  keys: { own: string; admin: string };
  path: string;
  requests: number;
}

/** The first answer of a fresh process, which has no days past in memory. */
export interface ColdRead {
  /** Until it is there; a request that ran out of its four seconds is repeated. */
  ms: number;
  refused: number;
  /** CPU of the service, and of the emulated DynamoDB beside it. */
  serviceCpuMs: number;
  dynamodbCpuMs: number;
}

export interface CostReads {
  cold: { own: ColdRead; admin: ColdRead };
  ownMs: number[];
  adminMs: number[];
  /** `GET /v1/models` of the same process. */
  modelsMs: number[];
}

const SERVICE: ServiceName = "ingest";

/** One process: first cold, then warm requests of the three kinds by turns, one at a time. */
export async function readCosts({ env, dynamodbPid, keys, path, requests }: ReadLoad): Promise<CostReads> {
  const service = await startService(SERVICE, env);
  const url = service.apiUrl ?? "";
  const pids = { service: service.process.pid, dynamodb: dynamodbPid };
  try {
    // Its first answers take ten times as long, whatever is asked.
    for (let turn = 0; turn < 50; turn += 1) await timed(`${url}/v1/models`, keys.own);
    const cold = {
      own: await coldRead(pids, () => answered(url + path, keys.own)),
      admin: await coldRead(pids, () => answered(url + path, keys.admin)),
    };
    const reads: CostReads = { cold, ownMs: [], adminMs: [], modelsMs: [] };
    for (let turn = 0; turn < requests; turn += 1) {
      reads.modelsMs.push(await timed(`${url}/v1/models`, keys.own));
      reads.ownMs.push(await timed(url + path, keys.own));
      reads.adminMs.push(await timed(url + path, keys.admin));
    }
    return reads;
  } finally {
    await service.process.stop();
  }
}

async function coldRead(
  pids: { service: number; dynamodb: number },
  read: () => Promise<number | null>,
): Promise<ColdRead> {
  const before = [processCpuMs(pids.service), processCpuMs(pids.dynamodb)] as const;
  const startedAt = performance.now();
  let refused = 0;
  while ((await read()) === null) refused += 1;
  return {
    ms: performance.now() - startedAt,
    refused,
    serviceCpuMs: processCpuMs(pids.service) - before[0],
    dynamodbCpuMs: processCpuMs(pids.dynamodb) - before[1],
  };
}

/** Null where the service had no time left for it. */
async function answered(url: string, key: string): Promise<number | null> {
  const startedAt = performance.now();
  const { statusCode, body } = await request(url, { headers: { authorization: `Bearer ${key}` } });
  const text = await body.text();
  if (statusCode === 503) return null;
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode} ${text}`);
  return performance.now() - startedAt;
}

/** Until it is answered: once a minute the days past are read anew, which may take a busy machine more than one request's time. */
async function timed(url: string, key: string): Promise<number> {
  const startedAt = performance.now();
  while ((await answered(url, key)) === null);
  return performance.now() - startedAt;
}
