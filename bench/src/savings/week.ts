import type { JobClass } from "@switchyard/shared/contracts";
import type { DrawnJob } from "../hybrid/draw-jobs.ts";
import { uniforms } from "../random.ts";

/** One hour of the week: its jobs, in the order in which they come, and how many are in flight at once. */
export interface Hour {
  /** 0 is Monday's first hour. */
  hour: number;
  inputs: string[];
  inFlight: number;
}

const HOURS = 7 * 24;
const MOST_IN_FLIGHT = 32;

/** How much comes in an hour, in proportion: offices by day, less of it at the weekend, and a batch every night at two. */
function weightOf(hour: number): number {
  const [day, clock] = [Math.floor(hour / 24), hour % 24];
  const byDay = clock >= 8 && clock < 18 ? 1 + Math.sin(((clock - 8) / 10) * Math.PI) : 0.2;
  const office = day < 5 ? byDay : 0.25 * byDay;
  return office + (isBatch(hour) ? 2 : 0);
}

function isBatch(hour: number): boolean {
  return hour % 24 === 2;
}

/** Whom the work is from decides what it is: people ask for more than a nightly batch does. */
function mixOf(hour: number): Record<JobClass, number> {
  if (isBatch(hour)) return { SIMPLE: 0.9, CALCULATION: 0.1, COMPLEX: 0 };
  return weightOf(hour) > 0.5
    ? { SIMPLE: 0.45, CALCULATION: 0.2, COMPLEX: 0.35 }
    : { SIMPLE: 0.65, CALCULATION: 0.2, COMPLEX: 0.15 };
}

/**
 * A week of about `jobs` jobs, the same for the same seed. Prompts of a label come again and again, as they do; what is sent is drawn
 * by the class that a person gave the prompt, whatever a router makes of it.
 */
export function weekOf(jobs: number, prompts: readonly DrawnJob[], seed: number): Hour[] {
  const next = uniforms(seed);
  const pools = Map.groupBy(prompts, ({ label }) => label);
  const weights = Array.from({ length: HOURS }, (_, hour) => weightOf(hour));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const most = Math.max(...weights);
  return weights.map((weight, hour) => ({
    hour,
    inputs: Array.from({ length: Math.round((jobs * weight) / all) }, () => {
      const pool = pools.get(drawClass(mixOf(hour), next())) ?? [];
      return (pool[Math.floor(next() * pool.length)] as DrawnJob).input;
    }),
    inFlight: Math.max(2, Math.round((MOST_IN_FLIGHT * weight) / most)),
  }));
}

function drawClass(mix: Record<JobClass, number>, drawn: number): JobClass {
  if (drawn < mix.SIMPLE) return "SIMPLE";
  return drawn < mix.SIMPLE + mix.CALCULATION ? "CALCULATION" : "COMPLEX";
}
