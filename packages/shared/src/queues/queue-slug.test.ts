import { expect, test } from "vitest";
import { queueSlug } from "./queue-slug.ts";

test.each([
  ["sim-small", "sim-small"],
  ["deepseek-v4-flash", "deepseek-v4-flash"],
  ["a".repeat(30), "a".repeat(30)],
])("an id that is safe as it is stays: %s", (id, slug) => {
  expect(queueSlug(id)).toBe(slug);
});

test.each([
  ["gpt-4.1-nano", "gpt-4-1-nano-bf2bf007"],
  ["anthropic.claude-3-haiku-20240307-v1:0", "anthropic-claude-3-ha-570fc318"],
  ["us.meta.llama3-3-70b-instruct-v1:0", "us-meta-llama3-3-70b-a22d8d72"],
  ["Nova", "nova-ec653e8e"],
  ["a".repeat(31), `${"a".repeat(21)}-61c60b48`],
])("an id that is not gets a digest of itself: %s", (id, slug) => {
  expect(queueSlug(id)).toBe(slug);
});

test("ids that read alike as slugs do not share one, and each is a DNS label", () => {
  const ids = ["gpt-4.1", "gpt-4-1", "gpt-4:1", "GPT-4.1", "gpt_4.1", "gpt-4..1", ".gpt-4.1", "gpt-4.1."];
  const slugs = ids.map(queueSlug);
  expect(new Set(slugs).size).toBe(ids.length);
  for (const slug of slugs) expect(slug).toMatch(/^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/);
});
