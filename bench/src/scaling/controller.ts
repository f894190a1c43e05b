/** At most so many pods, or so large a share of them, may come or go within a period. */
interface ScalingPolicy {
  type: "pods" | "percent";
  value: number;
  periodMs: number;
}

interface Behaviour {
  /** The gentlest of what was wanted within so long is what is done. */
  stabilizationMs: number;
  /** Of several the one that allows most counts. */
  policies: readonly ScalingPolicy[];
}

/** What an autoscaler is told of one pool: a ScaledObject and the HorizontalPodAutoscaler that KEDA makes of it. */
export interface ScalerTerms {
  /** Load per pod. */
  target: number;
  /** 0: KEDA takes the last pod away and brings the first one. */
  minReplicas: number;
  maxReplicas: number;
  /** So far the load may be off before anything is done, as a share. */
  tolerance: number;
  /** Without load for so long, the last pod goes. */
  cooldownMs: number;
  scaleUp: Behaviour;
  scaleDown: Behaviour;
}

/** Decides how many pods there should be; null for the load: it could not be read, and nothing changes. */
export interface Controller {
  decide: (nowMs: number, seen: { load: number | null; replicas: number }) => number;
}

/** Kubernetes' own default. */
export const TOLERANCE = 0.1;

interface Change {
  atMs: number;
  /** Pods that came, or went below zero. */
  by: number;
}

/**
 * The formula of the HorizontalPodAutoscaler for an average value, `ceil(load / target)` within a tolerance, with its
 * stabilisation windows and policies (autoscaling/v2), between one pod and the most; and KEDA's step between none and one.
 */
export function createController(terms: ScalerTerms): Controller {
  const wanted: { atMs: number; replicas: number }[] = [];
  const changes: Change[] = [];
  const longestMs = Math.max(terms.scaleUp.stabilizationMs, terms.scaleDown.stabilizationMs);
  let lastActiveMs = Number.NEGATIVE_INFINITY;

  function stabilized(nowMs: number, current: number, desired: number): number {
    wanted.push({ atMs: nowMs, replicas: desired });
    while ((wanted[0]?.atMs ?? nowMs) < nowMs - longestMs) wanted.shift();
    const within = (windowMs: number) =>
      wanted.filter(({ atMs }) => atMs >= nowMs - windowMs).map(({ replicas }) => replicas);
    const upTo = Math.min(...within(terms.scaleUp.stabilizationMs));
    const downTo = Math.max(...within(terms.scaleDown.stabilizationMs));
    return Math.min(Math.max(current, upTo), downTo);
  }

  function limited(nowMs: number, current: number, desired: number): number {
    const isMore = desired > current;
    const { policies } = isMore ? terms.scaleUp : terms.scaleDown;
    const bounds = policies.map((policy) => {
      const since = changes.filter(({ atMs, by }) => atMs > nowMs - policy.periodMs && by > 0 === isMore);
      // Of how many pods there were when the policy's period began only what went the same way counts.
      return bound(policy, current - since.reduce((sum, { by }) => sum + by, 0), isMore);
    });
    return isMore ? Math.min(desired, Math.max(...bounds)) : Math.max(desired, Math.min(...bounds));
  }

  function horizontal(nowMs: number, load: number, current: number): number {
    const ratio = load / (terms.target * current);
    const desired = Math.abs(1 - ratio) <= terms.tolerance ? current : Math.ceil(load / terms.target);
    const next = limited(nowMs, current, stabilized(nowMs, current, desired));
    return Math.min(terms.maxReplicas, Math.max(1, terms.minReplicas, next));
  }

  return {
    decide(nowMs, { load, replicas }) {
      if (load === null) return replicas;
      if (load > 0) lastActiveMs = nowMs;
      if (replicas === 0) return load > 0 ? Math.max(1, terms.minReplicas) : terms.minReplicas;
      const isCold = terms.minReplicas === 0 && nowMs - lastActiveMs >= terms.cooldownMs;
      const next = isCold ? 0 : horizontal(nowMs, load, replicas);
      if (next !== replicas) changes.push({ atMs: nowMs, by: next - replicas });
      return next;
    },
  };
}

function bound({ type, value }: ScalingPolicy, start: number, isMore: boolean): number {
  const sign = isMore ? 1 : -1;
  if (type === "pods") return start + sign * value;
  // Kubernetes rounds either way in favour of the change.
  const exact = start * (1 + (sign * value) / 100);
  return isMore ? Math.ceil(exact) : Math.floor(exact);
}
