import {
  type Check,
  type InternalRoute,
  type Operations,
  type Query,
  startOperations,
  watchEventLoop,
} from "../lifecycle/index.ts";
import type { Service } from "./open-service.ts";

/** Opens the operations port of a service; it is the last to close, so that a draining process still says so. */
export async function openOperations(
  { config, metrics, lifecycle, log, ledger, redis }: Service,
  extra: {
    liveness?: Record<string, Check>;
    internalRoutes?: Record<string, InternalRoute>;
    queries?: Record<string, Query>;
  } = {},
): Promise<Operations> {
  const eventLoop = watchEventLoop({
    onBlock(block) {
      metrics.eventLoopBlocks.inc();
      log.warn({ ...block }, "event loop was blocked");
    },
  });
  lifecycle.opened("event loop watch", eventLoop.stop);
  const operations = await startOperations({
    host: config.opsHost,
    port: config.opsPort,
    registry: metrics.registry,
    lifecycle,
    log,
    readiness: {
      redis: async () => ((await redis.ping()) === "PONG" ? null : "no PONG"),
      ledger: async () => {
        await ledger.ping();
        return null;
      },
    },
    ...extra,
    liveness: { eventLoop: eventLoop.problem, ...extra.liveness },
  });
  lifecycle.opened("operations port", operations.close);
  return operations;
}
