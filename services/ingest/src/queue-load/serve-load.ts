import type { Query } from "@switchyard/shared/lifecycle";
import { openLease, openQueueReader, readNoEviction } from "@switchyard/shared/queues";
import type { Service } from "@switchyard/shared/service";
import { loadReader } from "./load.ts";
import { EVERYTHING, parseLoadQuery } from "./load-query.ts";
import { startPublisher } from "./publish-load.ts";

const PUBLISH_EVERY_MS = 5_000;
/** Three rounds of the publisher may fail before another one takes over. */
const LEASE_MS = 15_000;

/**
 * Queue load, for autoscalers as JSON on the operations port of every replica, and for Prometheus by one of them. Kept by
 * the process that is always there: pools that are scaled to none say nothing of themselves.
 */
export function serveLoad(service: Service): Record<string, Query> {
  const { redis, catalogue, metrics, log, lifecycle } = service;
  const prefix = service.config.queuePrefix;
  const readLoad = loadReader(openQueueReader(redis, prefix), catalogue);
  const publisher = startPublisher({
    lease: openLease(redis, `${prefix}:queue-load:publisher`, LEASE_MS),
    readLoad: () => readLoad(EVERYTHING),
    readNoEviction: () => readNoEviction(redis),
    intervalMs: PUBLISH_EVERY_MS,
    ...{ metrics, log },
  });
  lifecycle.opened("publisher of queue load", publisher.stop);
  return { "/queue-load": (query) => readLoad(parseLoadQuery(query, catalogue)) };
}
