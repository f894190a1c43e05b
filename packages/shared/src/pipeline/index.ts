export { groupCommit } from "./group-commit.ts";
export type { HandedOn, MessageOf, NextOf, Stage, StageSpec } from "./pipeline.ts";
export { PIPELINE, STAGES } from "./pipeline.ts";
