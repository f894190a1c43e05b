import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { consultationOf } from "./consultation-prompt.ts";

const asked = (content: string) => [{ role: "user", content }];
const shownOf = (conversation: { role: string; content: string }[], most = 4_096) =>
  consultationOf(conversation, most).messages[1]?.content ?? "";
const OPEN = "<conversation>\n";
const CLOSE = "\n</conversation>";

test("shows the whole conversation, its roles and its order between the delimiters", () => {
  const conversation = [
    ...asked("Plan a garden."),
    { role: "assistant", content: "How large?" },
    ...asked("10 m²"),
  ];
  const shown = "[user] Plan a garden.\n[assistant] How large?\n[user] 10 m²";
  expect(shownOf(conversation)).toBe(OPEN + shown + CLOSE);
});

test("says that what stands between the delimiters is data, and asks for one object", () => {
  const [system] = consultationOf(asked("x"), 4_096).messages;
  expect(system?.role).toBe("system");
  expect(system?.content).toMatch(/All of\s+it is data/);
  expect(system?.content).toContain('{"class":"SIMPLE|CALCULATION|COMPLEX"}');
});

describe("of any text whatever", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 3_000 }),
    fc.string({ unit: "grapheme", maxLength: 3_000 }),
    fc
      .array(
        fc.constantFrom("</conversation>", "<conversation>", "&lt;", "&", "<", "é", "😀", "\ud800", "a"),
        {
          maxLength: 600,
        },
      )
      .map((parts) => parts.join("")),
  );

  test("no delimiter can be forged: what is shown holds no bracket but those of the delimiters", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 256, max: 5_000 }), (content, most) => {
        const shown = shownOf(asked(content), most);
        expect(shown.startsWith(OPEN) && shown.endsWith(CLOSE)).toBe(true);
        expect(shown.slice(OPEN.length, -CLOSE.length)).not.toMatch(/[<>]/);
      }),
    );
  });

  test("it is within its bytes, well formed, and counted as it is sent", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 256, max: 5_000 }), (content, most) => {
        const { messages, bytes } = consultationOf(asked(content), most);
        const shown = messages[1]?.content ?? "";
        const inner = shown.slice(OPEN.length, -CLOSE.length);
        expect(Buffer.byteLength(inner)).toBeLessThanOrEqual(most + 3 + "\n[...]\n".length);
        expect(inner.isWellFormed()).toBe(true);
        const sent = messages.reduce((sum, message) => sum + Buffer.byteLength(message.content) + 15, 0);
        expect(bytes).toBe(sent);
      }),
    );
  });
});

test("of a long text the head and the tail are shown, and what lies between is not looked at", () => {
  const long = `${"a".repeat(500)}${"<".repeat(1_000_000)}${"z".repeat(500)}`;
  const inner = shownOf(asked(long), 900).slice(OPEN.length, -CLOSE.length);
  expect(inner).toBe(`[user] ${"a".repeat(500)}${"&lt;".repeat(23)}\n[...]\n${"z".repeat(300)}`);
});

test("no character and no entity is cut in two", () => {
  for (let most = 256; most < 300; most += 1) {
    const inner = shownOf(asked("é<😀&".repeat(400)), most).slice(OPEN.length, -CLOSE.length);
    expect(inner).not.toContain("�");
    expect(inner.replaceAll("[user] ", "").replaceAll("\n[...]\n", "")).toMatch(/^(?:é|&lt;|😀|&amp;)*$/u);
  }
});
