import type { Report } from "./report.ts";

export interface BenchOptions {
  rounds: number;
  /** Scales the number of jobs; 1 is what the recorded results use. */
  scale: number;
}

/** One benchmark: a part of the product beside its reference, in the same run. */
export interface Bench {
  name: string;
  title: string;
  run: (options: BenchOptions) => Promise<Report>;
}
