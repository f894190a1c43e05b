import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

/** A place in a query where series are taken. */
export interface Selector {
  metric: string;
  /** Labels that the series are told apart by. */
  matched: string[];
  /** The functions and aggregations around it, from the inside out. */
  within: string[];
  /** What stands in the brackets behind it, if anything does. */
  range: string | null;
}

export interface QueryFacts {
  /** Texts at which the query is no PromQL; none when it is. */
  errors: string[];
  selectors: Selector[];
  /** Labels that results are grouped by. */
  grouped: string[];
}

/** Reads a query as Prometheus does. Variables of a dashboard must have been replaced. */
export function readQuery(query: string): QueryFacts {
  const facts: QueryFacts = { errors: [], selectors: [], grouped: [] };
  const textOf = (node: SyntaxNode) => query.slice(node.from, node.to);
  parser.parse(query).iterate({
    enter: ({ node, type }) => {
      if (type.isError) facts.errors.push(query.slice(Math.max(0, node.from - 20), node.to + 20));
      if (type.name === "GroupingLabels") facts.grouped.push(...node.getChildren("LabelName").map(textOf));
      if (type.name === "VectorSelector") facts.selectors.push(selectorOf(node, textOf));
    },
  });
  return facts;
}

function selectorOf(node: SyntaxNode, textOf: (node: SyntaxNode) => string): Selector {
  const name = node.getChild("Identifier");
  const matchers = node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
  const labels = matchers.flatMap((matcher) => matcher.getChildren("LabelName"));
  const matrix = node.parent?.name === "MatrixSelector" ? node.parent : null;
  const range = matrix?.getChild("DurationExpr") ?? null;
  return {
    // A selector without a name takes series of any name: no metric is called like that.
    metric: name === null ? textOf(node) : textOf(name),
    matched: labels.map(textOf),
    within: around(node).map(textOf),
    range: range === null ? null : textOf(range),
  };
}

/** Names of the calls and aggregations that enclose a node. */
function around(node: SyntaxNode): SyntaxNode[] {
  const names: SyntaxNode[] = [];
  for (let at = node.parent; at !== null; at = at.parent) {
    const name = at.getChild("FunctionIdentifier") ?? at.getChild("AggregateOp");
    if (name !== null) names.push(name);
  }
  return names;
}
