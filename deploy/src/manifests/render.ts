import { spawnSync } from "node:child_process";
import { ROOT } from "./repository.ts";

/** Each rendering by name, and the value file on top of the shipped values. */
export const VALUE_FILES = {
  shipped: null,
  minimal: "helm/examples/minimal.yaml",
  "eks-production": "helm/examples/eks-production.yaml",
  "keda-to-zero": "helm/examples/keda-to-zero.yaml",
  "hpa-only": "helm/examples/hpa-only.yaml",
  "external-redis-tls": "helm/examples/external-redis-tls.yaml",
} as const;

export type RenderName = keyof typeof VALUE_FILES;

export const RENDER_NAMES = Object.keys(VALUE_FILES) as RenderName[];

export const renderedPath = (name: RenderName): string => `deploy/rendered/${name}.yaml`;

const NAMESPACE = "switchyard";
/** Fixed, so that the same chart renders to the same text everywhere. */
const KUBERNETES = "--kube-version=1.33.0";

const INSTALL = {
  helm: "Helm 3.14 or newer (https://helm.sh/docs/intro/install)",
  kubectl: "kubectl (https://kubernetes.io/docs/tasks/tools)",
} as const;

export type Tool = keyof typeof INSTALL;

/** What a tool printed; throws with its own words when it refuses, and names what to install when it is not there. */
export function run(tool: Tool, args: readonly string[]): string {
  const options = { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  const { error, status, stdout, stderr } = spawnSync(tool, args, options);
  if (error !== undefined) {
    throw new Error(`${tool} is not on the PATH: install ${INSTALL[tool]}`, { cause: error });
  }
  if (status !== 0) throw new Error(stderr.trim());
  return stdout;
}

export function isInstalled(tool: Tool): boolean {
  return spawnSync(tool, ["--help"]).error === undefined;
}

/** The chart by the real helm, as it would be installed under the fixed release name. */
export function renderChart(valueFile: string | null, more: readonly string[] = []): string {
  const values = valueFile === null ? [] : ["--values", valueFile];
  const release = ["template", "switchyard", "helm/switchyard", "--namespace", NAMESPACE];
  return run("helm", [...release, KUBERNETES, ...values, ...more]);
}
