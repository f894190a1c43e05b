/** In the order of the pipeline. They stop in this order, so that each can still hand on what it has in hand. */
export const SERVICES = ["ingest", "classifier", "invoker", "cost"] as const;
export type ServiceName = (typeof SERVICES)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ServicesOptions {
  environment: Environment;
  opsPorts: Readonly<Record<ServiceName, number>>;
  /** The file that the services' log lines go to, by the name of the process. */
  logFile: (name: string) => string;
  /** Told of every process as soon as there is one. */
  onChild: (child: { name: string; stop: () => Promise<void>; abandon: () => void }) => void;
}

/** The four services, ready. */
export interface RunningServices {
  /** Where to read what they say. */
  logs: readonly string[];
  /** Settles when one of them has ended that was not told to. Never rejects. */
  failed: Promise<string>;
}

/** The part of the environment that differs from service to service. */
export function environmentOf(
  name: ServiceName,
  { environment, opsPorts }: Pick<ServicesOptions, "environment" | "opsPorts">,
): Environment {
  return {
    ...environment,
    OPS_PORT: String(opsPorts[name]),
    CLASSIFIER_URL: `http://127.0.0.1:${opsPorts.classifier}`,
  };
}
