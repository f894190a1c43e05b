import type { RequestTime } from "./request-time.ts";

/** Items handled at once; what they write shares requests without flooding the table. */
const TOGETHER = 50;
const OUT_OF_ORDER = 503;

/**
 * Answers the items of a bulk request, a group at a time. A group that gets through whole begins the request's time
 * anew, so that a slow machine may take long and a silent one may not: then what is left of the time is for all.
 */
export async function inGroups<Item, Answer extends { status: number }>(
  items: readonly Item[],
  time: RequestTime,
  answerItem: (item: Item, index: number) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < items.length; start += TOGETHER) {
    const group = items.slice(start, start + TOGETHER);
    const answered = await Promise.all(group.map((item, offset) => answerItem(item, start + offset)));
    if (answered.every(({ status }) => status !== OUT_OF_ORDER)) time.renew();
    answers.push(...answered);
  }
  return answers;
}
