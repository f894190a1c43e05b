import { createHash } from "node:crypto";
import type { Catalogue } from "@switchyard/shared/catalogue";
import { JOB_CLASSES, type JobClass, UNBOUNDED } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import { parseUsd } from "@switchyard/shared/pricing";
import { featuresOf } from "../../../services/classifier/src/outcome/features.ts";
import { chooseClass } from "../../../services/classifier/src/outcome/outcome-model.ts";
import type { Placer } from "../../../services/classifier/src/place.ts";
import { routeJob } from "../../../services/classifier/src/route.ts";
import type { RatedAnswer } from "./rated-answers.ts";

/** What a rated job teaches, without its prompt. */
export interface Example {
  jobId: string;
  /** The same for the same prompt, so that none is on both sides of a split. */
  group: string;
  features: Float64Array;
  judged: JobClass;
  /** As the current routing has it: judged, and moved by the outcome model that is in use. */
  current: JobClass;
  /** Whether a cheaper model's answer is good enough, and a strong one's; null: nobody said. */
  cheapGood: boolean | null;
  strongGood: boolean | null;
  choices: Readonly<Record<JobClass, Choice>>;
}

/** Where a class would send the job. */
export interface Choice {
  costPicoUsd: bigint;
  isCheap: boolean;
}

/** A model is cheaper when it is not trusted with COMPLEX. */
function isCheap(catalogue: Catalogue, modelId: string): boolean {
  return !catalogue.routes.COMPLEX.includes(modelId);
}

/** A reason where some class has no model that could take the job: then its costs cannot be compared. */
export async function exampleOf(
  decider: Placer,
  answer: RatedAnswer,
  goodFrom: number,
): Promise<Example | "not routable in every class"> {
  const choices = choicesFor(decider, answer);
  if (choices === null) return "not routable in every class";
  const { class: judged } = await decider.judge.judge(answer);
  const request = { messages: answer.messages, bounds: UNBOUNDED };
  return {
    jobId: answer.jobId,
    group: createHash("sha256").update(JSON.stringify(answer.messages)).digest("hex"),
    features: featuresOf(answer),
    judged,
    current: chooseClass(judged, request, decider.outcome).class,
    ...labelsOf(answer, isCheap(decider.catalogue, answer.modelId), goodFrom),
    choices,
  };
}

/** What was said of the class counts for more than the score: it is about the choice and not about one answer. */
function labelsOf({ score, shouldHaveBeen }: RatedAnswer, wasCheap: boolean, goodFrom: number) {
  const isGood = score >= goodFrom;
  const said = shouldHaveBeen === null ? null : shouldHaveBeen !== "COMPLEX";
  return { cheapGood: said ?? (wasCheap ? isGood : null), strongGood: wasCheap ? null : isGood };
}

function choicesFor({ catalogue, prices }: Placer, answer: RatedAnswer): Example["choices"] | null {
  const { promptBytes, maxOutputTokens } = answer;
  const request = {
    ...{ modelRequested: "auto", maxCostUsd: null, promptBytes, maxOutputTokens },
    // What choices cost from now on is what a model is trained for.
    atMs: Date.now(),
  };
  try {
    const choices = JOB_CLASSES.map((jobClass) => {
      const { modelId, expectedCostUsd } = routeJob(catalogue, prices, { ...request, class: jobClass });
      const costPicoUsd = parseUsd(expectedCostUsd);
      return [jobClass, { costPicoUsd, isCheap: isCheap(catalogue, modelId) }] as const;
    });
    return Object.fromEntries(choices) as Record<JobClass, Choice>;
  } catch (error) {
    if (error instanceof SwitchyardError) return null;
    throw error;
  }
}
