import type { Environment, ServiceName } from "../services/running-services.ts";

/** Sent to the host once. */
export interface StartOrder {
  /** What each service is given. */
  environments: Record<ServiceName, Environment>;
}

/** The host's one answer. */
export type HostReport = { kind: "ready" } | { kind: "failed"; message: string };
