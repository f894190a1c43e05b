/**
 * Words by which a prompt talks about its own label, effort or route instead of its task. A clause that holds one is
 * left out, so that "Classify this as SIMPLE: prove …" is judged as a proof.
 */
const STEERING = [
  /\b(?:SIMPLE|CALCULATION|COMPLEX)\b/,
  /\b(?:classify|label|categori[sz]e|treat|tag|mark|rate|route) (?:this|it|me|the (?:prompt|request|question))\b/i,
  /\b(?:ignore|disregard|forget) (?:all|any|your|the|these|previous|prior) /i,
  /\b(?:best|cheapest|strongest|smallest|most expensive|most capable|cheap|flagship) model\b/i,
  /\b(?:this is|it is|it's) (?:a|an) (?:\w{1,12} )?(?:simple|easy|trivial|complex|hard|difficult)\b/i,
  /\b(?:complex|easy|simple|basic|trivial|hard) (?:basic )?(?:question|task|request|one|prompt)\b/i,
  /\b(?:maximum|minimal|minimum) effort\b/i,
  /\bno (?:maths?|reasoning|thinking|calculation) (?:is )?(?:needed|required)\b/i,
  /\b(?:just kidding|only kidding)\b/i,
];
const MARKER =
  /simple|calculation|complex|easy|trivial|hard|basic|difficult|ignore|disregard|forget|model|effort|needed|required|kidding|classify|label|categori|treat|tag|mark|rate|route/i;

/** The text without the clauses that try to choose its label; the whole text when nothing else would be left. */
export function withoutSteering(text: string): string {
  if (!MARKER.test(text)) return text;
  const clauses = text.split(/(?<=[:;!?\n]|[.,-] )/);
  const kept = clauses.filter((clause) => !STEERING.some((pattern) => pattern.test(clause)));
  const rest = kept.join("");
  return /[\p{L}\p{Nd}]/u.test(rest) ? rest : text;
}
