/** What a dashboard shows, without how Grafana has it written down: see `buildDashboard`. */
export interface DashboardSpec {
  /** Part of its address, and in the links of others: never changes. */
  uid: string;
  title: string;
  description: string;
  /** What its queries may be narrowed to; each is `$name` in them. */
  variables: readonly VariableSpec[];
  rows: readonly RowSpec[];
}

export interface VariableSpec {
  name: string;
  label: string;
  /** The metric whose values of `name` can be chosen. */
  metric: string;
}

/** One line of single numbers, over the whole range that is looked at, and graphs below it. */
export interface RowSpec {
  title: string;
  numbers?: readonly PanelSpec[];
  graphs?: readonly GraphSpec[];
}

export interface PanelSpec {
  title: string;
  /** What the numbers mean, and what to think of them. */
  description: string;
  unit: Unit;
  /** By the name of its series: what is asked. `{{model}}` in a name is the value of that label. */
  queries: Readonly<Record<string, string>>;
  /** From these values on the number is a warning, and an alarm. */
  warnsFrom?: number;
  alarmsFrom?: number;
}

export interface GraphSpec extends PanelSpec {
  /** Lines over time unless given. Bars show what is now. */
  kind?: "lines" | "areas" | "bars" | "states" | "columns";
  /** Wide graphs take half of the width, others a third. */
  isWide?: true;
  /** The least time between two points, for what is slow or must not be looked at too closely. */
  minInterval?: string;
  /** A range of its own, up to now. */
  timeFrom?: string;
}

/** Units of ours, in Grafana's words. */
export const UNITS = [
  "short",
  "none",
  "percentunit",
  "s",
  "reqps",
  "bytes",
  "currencyUSD",
  "bool_yes_no",
  "dateTimeFromNow",
] as const;
export type Unit = (typeof UNITS)[number];
