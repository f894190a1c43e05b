import { describe, expect, test } from "vitest";
import { heldOf } from "./render-held.ts";

describe("a held job", () => {
  const held = {
    ...{ reason: "budget_exceeded" as const, cause: "spent" as const },
    ...{ budgetId: "team", isOwn: true, resumeAt: 3_600_000 },
  };

  test("says why, and until when as far as is known", () => {
    const shown = {
      ...{ reason: "budget_exceeded", cause: "spent", budget: "team" },
      resumes_at: "1970-01-01T01:00:00.000Z",
    };
    expect(heldOf({ status: "queued", held })).toEqual(shown);
    const { resumeAt: _, ...unknown } = held;
    expect(heldOf({ status: "running", held: unknown })).toEqual({ ...shown, resumes_at: null });
  });

  test("does not name a budget that is not its own tenant's", () => {
    expect(heldOf({ status: "queued", held: { ...held, isOwn: false } })?.budget).toBeNull();
  });

  test("is not shown as held once it ends", () => {
    for (const status of ["cancelling", "expired", "cancelled"] as const)
      expect(heldOf({ status, held })).toBeNull();
    expect(heldOf({ status: "queued" })).toBeNull();
  });
});
