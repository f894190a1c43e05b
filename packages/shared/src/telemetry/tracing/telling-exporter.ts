import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "../logger.ts";

type ExportCallback = Parameters<SpanExporter["export"]>[1];

/** An exporter that tells once when its collector cannot be reached, and once when it can again. */
export function tellingExporter(exporter: SpanExporter, log: Logger): SpanExporter {
  let isAway = false;
  return {
    export(spans, callback: ExportCallback) {
      exporter.export(spans, (result) => {
        const hasFailed = result.error !== undefined || result.code !== SUCCESS;
        if (hasFailed && !isAway)
          log.warn({ reason: result.error?.message }, "traces cannot be exported; jobs go on without them");
        if (!hasFailed && isAway) log.info("traces are exported again");
        isAway = hasFailed;
        callback(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

/** `ExportResultCode.SUCCESS`. */
const SUCCESS = 0;
