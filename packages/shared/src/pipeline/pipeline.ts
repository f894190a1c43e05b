import type { z } from "zod";
import { ClassifyMessage, InvokeMessage, SettleMessage } from "../contracts/index.ts";

export interface StageSpec {
  message: z.ZodType<{ jobId: string; generation: number; traceparent?: string }>;
  next: string | null;
  /** `list`: a queue job carries many summonses, gathered while an add is in flight. */
  carries: "list" | "one";
  /** Prefix of the derived queue-job ids. */
  idPrefix: string;
  /** Bound of one run of the handler; for `invoke` each model's own time-out lies below it. */
  timeoutMs: number;
}

//   ingest ──▶ classify ──▶ invoke ──▶ settle
export const PIPELINE = {
  classify: { message: ClassifyMessage, next: "invoke", carries: "list", idPrefix: "c", timeoutMs: 30_000 },
  invoke: { message: InvokeMessage, next: "settle", carries: "one", idPrefix: "i", timeoutMs: 900_000 },
  settle: { message: SettleMessage, next: null, carries: "list", idPrefix: "s", timeoutMs: 30_000 },
} as const satisfies Record<string, StageSpec>;

export type Stage = keyof typeof PIPELINE;
export const STAGES = Object.keys(PIPELINE) as Stage[];
export type MessageOf<S extends Stage> = z.infer<(typeof PIPELINE)[S]["message"]>;
export type NextOf<S extends Stage> = (typeof PIPELINE)[S]["next"];
/** What a handler hands on: the next stage's message. */
export type HandedOn<S extends Stage> = NextOf<S> extends Stage ? MessageOf<NextOf<S>> : never;
