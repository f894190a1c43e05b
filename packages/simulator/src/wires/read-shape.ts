import { z } from "zod";
import { Refusal } from "./refusals.ts";

/** Parses a request body; what is wrong with it becomes the message of a 400. */
export function readShape<Shape>(schema: z.ZodType<Shape>, body: unknown): Shape {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw new Refusal("400", problems.join("; "));
}

export const modelName = z.string().min(1).max(2_048);
export const outputTokenLimit = z.int().min(1).max(10_000_000);
