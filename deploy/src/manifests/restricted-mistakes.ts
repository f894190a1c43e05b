import type { Mistake } from "./seeded-mistakes.ts";

const POD = ["spec", "template", "spec"] as const;
const CONTAINER = [...POD, "containers", 0] as const;

const keda = { in: "keda-to-zero" } as const;
const ingest = { ...keda, document: "Deployment/switchyard-ingest" } as const;
const invoker = { ...keda, document: "Deployment/switchyard-invoker-small" } as const;

/** Each way out of a restricted pod that the numbered ones do not take. */
export const RESTRICTED_MISTAKES: readonly Mistake[] = [
  {
    ...invoker,
    mistake: "a container may make any system call",
    at: [...CONTAINER, "securityContext", "seccompProfile"],
    to: { type: "Unconfined" },
    caughtBy: "a container is restricted",
  },
  {
    ...ingest,
    mistake: "a container takes a port of its node",
    at: [...CONTAINER, "ports", 0, "hostPort"],
    to: 8080,
    caughtBy: "a container is restricted",
  },
  {
    ...invoker,
    mistake: "a container gets a capability",
    at: [...CONTAINER, "securityContext", "capabilities", "add"],
    to: ["SYS_ADMIN"],
    caughtBy: "a container is restricted",
  },
  {
    ...invoker,
    mistake: "a container is somebody else than its pod: root",
    at: [...CONTAINER, "securityContext", "runAsUser"],
    to: 0,
    caughtBy: "a container is restricted",
  },
  {
    ...invoker,
    mistake: "a pod is on its node's network",
    at: [...POD, "hostNetwork"],
    to: true,
    caughtBy: "a pod is restricted",
  },
  {
    ...invoker,
    mistake: "a folder of the node is mounted",
    at: [...POD, "volumes", 1],
    to: { name: "node", hostPath: { path: "/" } },
    caughtBy: "a pod is restricted",
  },
  {
    ...invoker,
    mistake: "a container may get more rights than it started with",
    at: [...CONTAINER, "securityContext", "allowPrivilegeEscalation"],
    caughtBy: "a container is restricted",
  },
  {
    ...invoker,
    mistake: "a container is privileged",
    at: [...CONTAINER, "securityContext", "privileged"],
    to: true,
    caughtBy: "a container is restricted",
  },
  {
    ...invoker,
    mistake: "a container sees all of /proc",
    at: [...CONTAINER, "securityContext", "procMount"],
    to: "Unmasked",
    caughtBy: "a container is restricted",
  },
  {
    ...invoker,
    mistake: "a pod is whoever its image says",
    at: [...POD, "securityContext", "runAsUser"],
    caughtBy: "a pod is restricted",
  },
  {
    ...invoker,
    mistake: "a pod may make any system call",
    at: [...POD, "securityContext", "seccompProfile"],
    caughtBy: "a pod is restricted",
  },
];
