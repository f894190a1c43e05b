import type { Environment, ServiceName } from "../services/running-services.ts";

/** Sent to the host once: what each service's environment is. */
export interface StartOrder {
  environments: Record<ServiceName, Environment>;
}

/** The host's one answer. */
export type HostReport = { kind: "ready" } | { kind: "failed"; message: string };
