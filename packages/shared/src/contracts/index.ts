export type { Arm } from "./arm.ts";
export { ARMS } from "./arm.ts";
export type { WindowLength } from "./budget.ts";
export { BUDGET_LIMITS, BUDGET_NAMES, BudgetBody, BudgetId, isTimeZone, WINDOW_LENGTHS } from "./budget.ts";
export type { ClassBounds } from "./class-bounds.ts";
export { bounded, isAbove, narrower, UNBOUNDED } from "./class-bounds.ts";
export type { FallbackReason, FallbackView } from "./fallback.ts";
export { FALLBACK_REASONS } from "./fallback.ts";
export type { FeedbackView } from "./feedback.ts";
export { FeedbackBody } from "./feedback.ts";
export type { HeldView, HoldReason } from "./held.ts";
export { HOLD_REASONS, NO_ROOM_CAUSES } from "./held.ts";
export type {
  AttemptView,
  Candidate,
  Decision,
  JobStatus,
  JobView,
  TerminalStatus,
  UsageView,
} from "./job.ts";
export { isTerminal, JOB_STATUSES, TERMINAL_STATUSES } from "./job.ts";
export type { JobClass } from "./job-class.ts";
export { JOB_CLASSES } from "./job-class.ts";
export type { ConsultFailure, Gate, GateReason, Probabilities } from "./judging.ts";
export { CONSULT_FAILURES, GATE_REASONS } from "./judging.ts";
export {
  bareSummonsOf,
  ClassifyMessage,
  InvokeMessage,
  JobId,
  SettleMessage,
  summonsOf,
} from "./messages.ts";
export type { Priority } from "./priority.ts";
export { PRIORITIES } from "./priority.ts";
export { DiscardBody, REPLAY_LIMITS, ReplayBody, ReplayFilterBody } from "./replay.ts";
export { ChatMessage, messagesOf, SUBMIT_LIMITS, SubmitBody, UsdAmount } from "./submit.ts";
export { isWholeInKey, MAX_TAG_BYTES, tagInKey } from "./tag-value.ts";
export { Usage } from "./usage.ts";
