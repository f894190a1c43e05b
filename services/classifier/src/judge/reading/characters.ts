/** What a UTF-16 unit is to the scanner. Surrogates, and with them emoji, are symbols. */
export const KIND = { space: 0, letter: 1, digit: 2, symbol: 3, ideograph: 4, dropped: 5 } as const;

/** What a symbol may stand for, as bits. */
export const MARK = {
  operator: 1,
  currency: 2,
  maths: 4,
  quote: 8,
  code: 16,
  question: 32,
  sentenceEnd: 64,
  bracket: 128,
  /** Between two numbers it also writes dates, ranges and invoice numbers. */
  ambiguous: 256,
} as const;

/** Lower case without accents, so that "cuánto", "Cuanto" and fullwidth "３" meet their entries. */
export const FOLDED = new Uint16Array(65_536);
export const KINDS = new Uint8Array(65_536);
export const MARKS = new Uint16Array(65_536);

const MARKED: Record<keyof typeof MARK, string> = {
  operator: "+*×÷^/-−·<>=",
  currency: "$€£¥₹₽₩￥",
  maths: "∫∑∏√≤≥≠∞∀∃∈⊂∪∩∂∇²³ⁿπθ≡⊆→∘",
  quote: "\"'“”«»„「」",
  code: "{};`\\",
  question: "?؟？",
  sentenceEnd: ".!?。！？؟।",
  bracket: "()[]{}",
  ambiguous: "/-",
};

/** Where letters, digits and marks of all kinds stand side by side; between them, whole blocks are of one kind. */
const MIXED = [
  [0x0000, 0x3400],
  [0xa000, 0xac00],
  [0xf900, 0xffff],
] as const;
KINDS.fill(KIND.symbol);
KINDS.fill(KIND.ideograph, 0x3400, 0xa000);
KINDS.fill(KIND.letter, 0xac00, 0xd7fc);
for (let unit = 0; unit < 65_536; unit += 1) FOLDED[unit] = unit;
for (const [from, to] of MIXED) {
  for (let unit = from; unit < to; unit += 1) {
    const text = String.fromCharCode(unit);
    KINDS[unit] = kindOf(unit, text);
    FOLDED[unit] = foldedOf(unit, text);
  }
}
for (const [name, marks] of Object.entries(MARKED)) {
  for (const mark of marks) {
    const unit = mark.charCodeAt(0);
    MARKS[unit] = (MARKS[unit] ?? 0) | MARK[name as keyof typeof MARK];
  }
}

function kindOf(unit: number, text: string): number {
  if (unit >= 0x300 && unit <= 0x36f) return KIND.dropped;
  if (isUnspaced(unit)) return KIND.ideograph;
  if (unit === 0x5f || /[\p{L}\p{M}]/u.test(text)) return KIND.letter;
  if (/\p{Nd}/u.test(text)) return KIND.digit;
  return unit <= 0x20 || /\s/.test(text) ? KIND.space : KIND.symbol;
}

/** Thai and kana, whose words are not set apart by spaces; nor are those in Han. */
function isUnspaced(unit: number): boolean {
  return (unit >= 0x0e00 && unit <= 0x0e4f) || (unit >= 0x3041 && unit <= 0x30ff);
}

function foldedOf(unit: number, text: string): number {
  const lower = text.toLowerCase();
  const base = lower.length === 1 ? lower : text;
  const isComposed = unit <= 0x24f || (unit >= 0x1e00 && unit <= 0x1fff) || unit >= 0xff01;
  const isCyrillicComposed = unit === 0x439 || unit === 0x451 || unit === 0x419 || unit === 0x401;
  if (!isComposed && !isCyrillicComposed) return base.charCodeAt(0);
  if (unit > 0xff5e) return base.charCodeAt(0);
  return base.normalize("NFKD").charCodeAt(0);
}
