import type { Manifest } from "./manifest.ts";
import {
  environmentOf,
  graceSeconds,
  isService,
  isWithin,
  matches,
  podLabels,
  preStopSeconds,
  quantity,
  type Rules,
  type Selector,
  unless,
} from "./rule.ts";

const PROBES = ["startupProbe", "readinessProbe", "livenessProbe"] as const;
const HANDLERS = ["httpGet", "tcpSocket", "exec", "grpc"] as const;
const SAFE_VOLUMES = [
  "configMap",
  "emptyDir",
  "projected",
  "secret",
  "downwardAPI",
  "persistentVolumeClaim",
  "ephemeral",
];
/** Time between the last answer that is waited for and the kill, for closing connections and writing down. */
const SPARE_SECONDS = 15;
const STARTUP_SECONDS = 60;

/** What is asked of every container. */
export const containerRules: Rules["containers"] = {
  "each probe is there": ({ container, workload }) =>
    PROBES.filter((probe) => isService(workload) && container[probe] === undefined),
  "a probe has one handler": ({ container }) =>
    PROBES.filter((probe) => {
      const of = container[probe];
      return of !== undefined && HANDLERS.filter((handler) => of[handler] !== undefined).length !== 1;
    }),
  "a probe's port is one of its container": ({ container }) =>
    PROBES.flatMap((probe) => {
      const port = container[probe]?.httpGet?.port ?? container[probe]?.tcpSocket?.port;
      const ports = container.ports ?? [];
      return unless(
        port === undefined || ports.some((p) => p.name === port || p.containerPort === port),
        `${port}`,
      );
    }),
  "a start may take a minute": ({ container: { startupProbe: probe } }) =>
    unless(
      probe === undefined || (probe.failureThreshold ?? 3) * (probe.periodSeconds ?? 10) >= STARTUP_SECONDS,
      `less than ${STARTUP_SECONDS} s`,
    ),
  "liveness asks for less than readiness": ({ container: { livenessProbe, readinessProbe } }) =>
    unless(
      !livenessProbe?.httpGet?.path?.endsWith("/ready") ||
        livenessProbe.httpGet.path !== readinessProbe?.httpGet?.path,
      `${livenessProbe?.httpGet?.path} is about Redis, too`,
    ),
  "cpu and memory are requested, memory is limited": ({ container: { resources } }) => [
    ...["cpu", "memory"].filter((name) => !(quantity(resources?.requests?.[name]) > 0)),
    ...unless(quantity(resources?.limits?.["memory"]) > 0, "no limit of memory"),
  ],
  "a limit is no less than its request": ({ container: { resources } }) =>
    Object.entries(resources?.limits ?? {}).flatMap(([name, limit]) =>
      unless(!(quantity(limit) < quantity(resources?.requests?.[name])), name),
    ),
  "ports have valid names and numbers of their own": ({ container: { ports = [] } }) =>
    ports.flatMap(({ name = "", containerPort }, index) =>
      unless(
        /^(?=.*[a-z])[a-z0-9](-?[a-z0-9]){0,14}$/.test(name) &&
          name.length <= 15 &&
          containerPort >= 1 &&
          containerPort <= 65_535 &&
          ports.findIndex((port) => port.name === name || port.containerPort === containerPort) === index,
        `${name}:${containerPort}`,
      ),
    ),
  "a variable is set once": ({ container: { env = [] } }) =>
    env
      .filter(({ name }, index) => env.findIndex((other) => other.name === name) !== index)
      .map(({ name }) => name),
  "an image has a version": ({ container: { image = "" } }) =>
    unless(/(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/.test(image), image),
  "a mount names a volume": ({ container: { volumeMounts = [] }, spec, workload }) => {
    const { volumeClaimTemplates = [] } = (workload.manifest.spec ?? {}) as {
      volumeClaimTemplates?: Manifest[];
    };
    const claimed = volumeClaimTemplates.map(({ metadata }) => metadata.name);
    const known = [...(spec.volumes ?? []).map(({ name }) => name), ...claimed];
    return volumeMounts.map(({ name }) => name).filter((name) => !known.includes(name));
  },
  "a mount has a path of its own": ({ container: { volumeMounts = [] } }) =>
    volumeMounts
      .filter(
        ({ mountPath }, index) => volumeMounts.findIndex((mount) => mount.mountPath === mountPath) !== index,
      )
      .map(({ mountPath }) => mountPath),
  "waiting before the stop ends within the grace period": ({ container, spec }) =>
    unless(preStopSeconds(container) < graceSeconds(spec), `${preStopSeconds(container)} s`),
  "the grace period covers the drain": ({ container, spec }) => {
    const drainSeconds = Number(environmentOf(container).get("DRAIN_TIMEOUT_MS") ?? Number.NaN) / 1_000;
    const wantedSeconds = preStopSeconds(container) + drainSeconds + SPARE_SECONDS;
    return unless(!(graceSeconds(spec) < wantedSeconds), `${graceSeconds(spec)} s of ${wantedSeconds} s`);
  },
  "a container is restricted": ({ container: { securityContext: of, ports = [] } }) => [
    ...unless(of?.allowPrivilegeEscalation === false, "allowPrivilegeEscalation"),
    ...unless(of?.privileged !== true, "privileged"),
    ...unless(of?.procMount === undefined || of.procMount === "Default", "procMount"),
    ...unless((of?.seccompProfile?.type ?? "RuntimeDefault") === "RuntimeDefault", "seccompProfile"),
    ...ports.flatMap(({ hostPort }) => unless(hostPort === undefined, `hostPort ${hostPort}`)),
    ...unless(of?.capabilities?.drop?.includes("ALL") === true, "capabilities.drop"),
    ...unless(
      (of?.capabilities?.add ?? []).every((name) => name === "NET_BIND_SERVICE"),
      "capabilities.add",
    ),
    ...unless(of?.runAsNonRoot !== false && of?.runAsUser !== 0, "runs as root"),
  ],
  "the root of a container is read-only": ({ container: { securityContext: of } }) =>
    unless(of?.readOnlyRootFilesystem === true, "writable"),
};

/** What is asked of every pod. */
export const workloadRules: Rules["workloads"] = {
  "a pod is restricted": ({ pod: { spec } }) => [
    ...unless(spec?.securityContext?.runAsNonRoot === true, "runAsNonRoot"),
    ...unless((spec?.securityContext?.runAsUser ?? 0) > 0, "runAsUser"),
    ...unless(spec?.securityContext?.seccompProfile?.type === "RuntimeDefault", "seccompProfile"),
    ...unless(!(spec?.hostNetwork || spec?.hostPID || spec?.hostIPC), "shares with its host"),
    ...(spec?.volumes ?? []).flatMap((volume) =>
      Object.keys(volume).filter((key) => key !== "name" && !SAFE_VOLUMES.includes(key)),
    ),
  ],
  "no token is mounted": ({ pod: { spec } }) => unless(spec?.automountServiceAccountToken === false, "token"),
  "a selector is part of the pod's labels": (workload) => {
    const selector = workload.manifest.spec?.["selector"] as
      | { matchLabels?: Record<string, string> }
      | undefined;
    return unless(
      isWithin(selector?.matchLabels, podLabels(workload)),
      JSON.stringify(selector?.matchLabels),
    );
  },
  "pods spread apart from their own kind": (workload) =>
    (workload.pod.spec?.topologySpreadConstraints ?? []).flatMap(({ labelSelector, topologyKey }) =>
      unless(
        labelSelector !== undefined && matches(labelSelector as Selector, podLabels(workload)),
        topologyKey,
      ),
    ),
};
