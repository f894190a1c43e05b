/** Models, sizes and classes as people name them who want one. Roots, so that endings do not matter. */
const MODEL = "model|modèle|modell|модел|モデル|模型|모델|نموذج|मॉडल|tier|stufe|llm|gpt|branch|queue";
const SIZE =
  "cheap|small|tiny|large|big|strong|weak|premium|expensive|flagship|capable|powerful|smart|best|mini|barat|caro|econom|pequeñ|grande|fuert|petit|fort|cher|billig|klein|groß|größt|stark|stärk|teuer|goedkoop|sterk|tani|siln|mocn|najmocn|дешев|мощн|сильн|дорог|ucuz|güçlü|pahalı|安い|高価|強力|便宜|强|昂贵|저렴|강력|비싼|رخيص|أقوى|सस्त|शक्तिशाली|महंग";
const SORTING =
  "classif|clasific|klassifi|einordn|einstuf|categor|kategor|categoriz|label|tag(?:ged|s)?\\b|mark\\b|route\\b|routed|routing|router|sort(?:er|ed)?\\b|triage|class(?:e|a)?\\b|etiquet|etichett|rotul|classe|классифиц|категор|klasyfik|sınıf|分类|分類|归类|분류|صنف|تصنيف|श्रेणी|वर्ग";
const GRADE =
  "simple|simpel|easy|easiest|trivial|hard|hardest|difficult|complex|calculation|maths?\\b|arithmetic|level|tier|einfach|schwer|schwierig|komplex|facile|difficile|complexe|fácil|difícil|complej|sencill|semplice|compless|simples|makkelijk|moeilijk|eenvoudig|prost|łatw|trudn|złożon|легк|сложн|трудн|kolay|zor\\b|basit|karmaşık|简单|复杂|简單|困难|簡単|難し|複雑|쉬운|어려|간단|복잡|سهل|صعب|بسيط|معقد|सरल|आसान|कठिन|जटिल";

/** A field that names a class or a size: `difficulty=10/10`, `"class": "SIMPLE"`, not `class: LRU cache`. */
const FIELD = `["']?\\b(?:class|label|difficulty|route|tier|effort|complexity|min-model)["']?\\s{0,2}[:=]\\s{0,2}["']?(?:simple|calculation|complex|easy|trivial|hard|low|medium|high|max|min|small|large|strong|cheap|maths?|very|\\d{1,3}(?:\\/\\d{1,3})?)\\b["']?[,;]?`;

/**
 * Words by which a prompt talks about its own class, effort or route instead of its task. Two of a kind within one clause
 * are needed where each alone may be part of a task.
 */
const STEERING = [
  /\b(?:SIMPLE|CALCULATION|COMPLEX)\b/,
  together(MODEL, SIZE),
  together(SORTING, GRADE),
  /\b(?:router|sorter|(?:prompt )?classifier|sim-(?:small|math|large)|flagship)\b/i,
  /\b(?:classify|label|categori[sz]e|treat|tag|mark|rate|route|send) (?:this|it|me|the (?:prompt|request|question)) (?:as|to|with|in)\b/i,
  /\b(?:ignore|disregard|forget|override) (?:all|any|your|the|these|previous|prior|earlier|what) /i,
  /\b(?:this is|it is|it's|that is|that's) (?:an? )?(?:\w{1,12} ){0,2}(?:simple|easy|trivial|complex|hard|difficult|demanding)\b/i,
  /\b(?:trivially|extremely|insanely|incredibly|dead|super) (?:easy|hard|simple|difficult|demanding|complex)\b/i,
  /\b(?:complex|easy|simple|basic|trivial|hard) (?:basic )?(?:question|task|request|one|prompt|stuff)s?\b/i,
  /\b(?:maximum|minimal|minimum|high|highest|low|lowest) effort\b|\beffort\s{0,2}[:=]/i,
  /\bno (?:maths?|reasoning|thinking|calculation) (?:is )?(?:needed|required)\b/i,
  /\b(?:phd|nobel|olympiad)[- ](?:level|prize)|\b(?:child|kid|toddler)s? (?:of \w+ )?c(?:ould|an)\b/i,
  new RegExp(FIELD, "i"),
  /\b(?:just kidding|only kidding)\b/i,
];

/** Either before the other, with little between them. */
function together(left: string, right: string): RegExp {
  return new RegExp(`(?:${left})[^\\n]{0,40}?(?:${right})|(?:${right})[^\\n]{0,40}?(?:${left})`, "iu");
}

const isSteering = (text: string) => STEERING.some((pattern) => pattern.test(text));
const hasWords = (text: string) => /[\p{L}\p{Nd}]/u.test(text);

/** What names a class and is no sentence: it goes, wherever it stands. */
const FIELDS = new RegExp(`<!--[^>]{0,80}-->|${FIELD}`, "gi");
const TAGS = /[<([{"']{0,2}\b(?:SIMPLE|CALCULATION|COMPLEX)\b[>)\]}"']{0,2}[:,.!]?/g;

/** Whether a part of the text is a task, by what the judge reads in it: then only tags are cut from it. */
export type IsTask = (part: string) => boolean;

/**
 * The text without the lines that try to choose its class, then without such clauses; all of it when nothing else would be
 * left. Of a line or clause that is a task of its own ("SIMPLE design a …") only the tags go, and "Classify this as
 * SIMPLE: prove …" keeps what stands behind its colon.
 */
export function withoutSteering(text: string, isTask: IsTask): string {
  if (!isSteering(text)) return text;
  const plain = text.replace(FIELDS, "");
  if (!isSteering(plain)) return hasWords(plain) ? plain : text;
  const lines = plain.split(/(?<=\n)/);
  const kept = lines.map((line) => keptOf(line, isTask)).join("");
  if (lines.length > 1 && hasWords(kept)) return kept;
  const rest = plain
    .split(/(?<=[:;!?\n]|[.,-] )/)
    .map((clause) => keptOf(clause, isTask))
    .join("");
  return hasWords(rest) ? rest : text;
}

function keptOf(part: string, isTask: IsTask): string {
  if (!isSteering(part)) return part;
  const unmarked = part.replace(TAGS, "");
  if (isTask(unmarked)) return unmarked;
  const colon = part.indexOf(":");
  const rest = part.slice(colon + 1);
  return colon >= 0 && isSteering(part.slice(0, colon)) && !isSteering(rest) ? rest : "";
}
