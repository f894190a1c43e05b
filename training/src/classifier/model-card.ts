import type { Group, Results } from "./train-classifier.ts";

const BEGIN = "<!-- scores: written by npm run train:classifier -->";
const END = "<!-- end of scores -->";

/** The tables of the model card, as Markdown. */
export function renderCard(results: Results, command: string): string[] {
  const { steering, files, restrictedRows } = results;
  const own = results.sources.filter(({ name }) => name.startsWith("own: "));
  const others = results.sources.filter(({ name }) => !name.startsWith("own: "));
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return [
    `Written by \`${command}\` from ${rows.toLocaleString("en")} rows in ${files.length} files` +
      `${restrictedRows > 0 ? `, ${restrictedRows} of them left out for their licence` : ""}; seed ${results.seed}; ` +
      `${Math.round(results.weightsBytes / 1_000)} KB of weights. All scores are in \`training/results/leave-out.json\`.`,
    "",
    ...table("Sources the model has not seen, and controls on the same rows", [
      ...results.total,
      ...results.controls,
    ]),
    ...table("Slices, of all rows left out", results.slices),
    ...table("By source of others, without any of its rows in the training", others),
    ...table("The weakest of our own kinds, without any of their rows in the training", weakest(own)),
    "**Texts that try to choose the class, around prompts of sources left out**",
    "",
    "| kind of text | pairs | class changed | COMPLEX to SIMPLE |",
    "|---|--:|--:|--:|",
    ...steering.map(
      ({ kind, pairs, changed, complex, complexToSimple }) =>
        `| ${kind} | ${pairs.toLocaleString("en")} | ${percent(changed / pairs)} | ${percent(complexToSimple / complex)} |`,
    ),
  ];
}

/** A card with the tables in place of those it had. @throws Error when it has no place for them. */
export function withCard(card: string, lines: readonly string[]): string {
  const [begin, end] = [card.indexOf(BEGIN), card.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the model card has no lines ${BEGIN} and ${END}`);
  return `${card.slice(0, begin)}${BEGIN}\n\n${lines.join("\n")}\n\n${card.slice(end)}`;
}

function table(title: string, groups: readonly Group[]): string[] {
  return [
    `**${title}**`,
    "",
    "| | rows | macro-F1 | accuracy | ECE | COMPLEX to SIMPLE |",
    "|---|--:|--:|--:|--:|--:|",
    ...groups.map(({ name, scores }) => {
      const cells = [scores.macroF1, scores.accuracy, scores.ece].map(figure);
      return `| ${name} | ${scores.rows.toLocaleString("en")} | ${cells.join(" | ")} | ${percent(scores.complexToSimple)} |`;
    }),
    "",
  ];
}

const LISTED = 12;

function weakest(groups: readonly Group[]): Group[] {
  return groups.toSorted((left, right) => left.scores.accuracy - right.scores.accuracy).slice(0, LISTED);
}

const figure = (score: number) => (Number.isFinite(score) ? score.toFixed(3) : "–");
const percent = (share: number) => (Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : "–");
