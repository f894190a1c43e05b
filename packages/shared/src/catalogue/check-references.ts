import { tagProblem, timeZoneProblem } from "./budget-problems.ts";
import { didYouMean } from "./nearest-name.ts";
import { OTHER_TENANTS } from "./tenant-classes.ts";
import type { Path, Problem } from "./yaml-source.ts";

type Entry = Record<string, unknown>;

/**
 * Second pass: do names point at something? It takes the file as it was read, so that it can speak together
 * with the first pass; whatever has the wrong shape is passed over, since the first pass reports it.
 */
export function checkReferences(value: unknown): Problem[] {
  const { providers, models, routes, classifier, tags, tenant_classes, budgets, unpriced } = asRecord(value);
  return [
    ...modelProblems(asRecord(models), asRecord(providers)),
    ...routeProblems(asRecord(routes), asRecord(models)),
    ...classifierProblems(asRecord(classifier), asRecord(models)),
    ...repetitions(["tags"], tags),
    ...tenantClassProblems(asRecord(tenant_classes)),
    ...budgetProblems(asRecord(budgets), tags),
    ...unpricedProblems(asRecord(unpriced)),
  ];
}

/** Whoever calls models without a price must have said what they cost at most. */
function unpricedProblems(unpriced: Entry): Problem[] {
  const missing = (path: Path, { policy, cap }: Entry): Problem[] => {
    if (policy !== "allow" || (cap ?? unpriced["cap"]) !== undefined) return [];
    const detail = "policy allow needs cap, the most that a token may cost";
    return [{ path: [...path, "policy"], code: "missing", detail }];
  };
  const tenants = Object.entries(asRecord(unpriced["tenants"]));
  return [
    ...missing(["unpriced"], unpriced),
    ...tenants.flatMap(([tenant, own]) => missing(["unpriced", "tenants", tenant], asRecord(own))),
  ];
}

function modelProblems(models: Entry, providers: Entry): Problem[] {
  return Object.entries(models).flatMap(([id, entry]) => {
    const { provider, window_tokens, max_output_tokens, fallbacks } = asRecord(entry);
    const problems: Problem[] = [];
    if (typeof provider === "string" && !Object.hasOwn(providers, provider)) {
      problems.push(
        unknown(["models", id, "provider"], { kind: "provider", name: provider, names: providers }),
      );
    }
    if (Number(max_output_tokens) > Number(window_tokens)) {
      const path = ["models", id, "max_output_tokens"];
      problems.push({ path, code: "too_big", detail: "must not be more than window_tokens" });
    }
    return [...problems, ...fallbackProblems(id, fallbacks, models)];
  });
}

function fallbackProblems(id: string, fallbacks: unknown, models: Entry): Problem[] {
  return Object.entries(asRecord(fallbacks)).flatMap(([reason, list]) => {
    const path = ["models", id, "fallbacks", reason];
    const place = Array.isArray(list) ? list.indexOf(id) : -1;
    const itself: Problem[] =
      place < 0
        ? []
        : [{ path: [...path, place], code: "conflict", detail: "a model is no fallback of its own" }];
    return [...listProblems(path, list, models), ...itself];
  });
}

function routeProblems(routes: Entry, models: Entry): Problem[] {
  return Object.entries(routes).flatMap(([jobClass, list]) =>
    listProblems(["routes", jobClass], list, models),
  );
}

function classifierProblems({ mode, llm }: Entry, models: Entry): Problem[] {
  if (llm === undefined) {
    if (mode !== "llm" && mode !== "hybrid") return [];
    const detail = `mode ${mode} needs llm, which names the model to ask`;
    return [{ path: ["classifier", "mode"], code: "missing", detail }];
  }
  const { model } = asRecord(llm);
  if (typeof model !== "string" || Object.hasOwn(models, model)) return [];
  return [unknown(["classifier", "llm", "model"], { kind: "model", name: model, names: models })];
}

/** A tenant's costs would be counted twice, or in a class that is that of all who are not named. */
function tenantClassProblems(classes: Entry): Problem[] {
  const lists = Object.entries(classes).map(([name, list]) => ({
    name,
    tenants: Array.isArray(list) ? (list as unknown[]) : [],
  }));
  const reserved: Problem[] = lists
    .filter(({ name }) => name === OTHER_TENANTS)
    .map(({ name }) => ({
      ...{ path: ["tenant_classes", name], code: "reserved", isAboutKey: true },
      detail: `"${OTHER_TENANTS}" is the class of all tenants that none lists; leave it out`,
    }));
  const places = lists.flatMap(({ name, tenants }) => tenants.map((tenant, at) => ({ name, tenant, at })));
  const first = new Map<unknown, string>();
  const repeated = places.flatMap(({ name, tenant, at }): Problem[] => {
    const before = first.get(tenant);
    if (before === undefined) first.set(tenant, name);
    if (before === undefined || typeof tenant !== "string") return [];
    const detail = `tenant "${tenant}" is in class ${before} already`;
    return [{ path: ["tenant_classes", name, at], code: "duplicate", detail }];
  });
  return [...reserved, ...repeated];
}

function budgetProblems(budgets: Entry, tags: unknown): Problem[] {
  const names: string[] = Array.isArray(tags) ? tags.filter((name) => typeof name === "string") : [];
  return Object.entries(budgets).flatMap(([id, entry]) => {
    const { time_zone, tag } = asRecord(entry);
    const problems: Problem[] = [];
    const zone = typeof time_zone === "string" ? timeZoneProblem(time_zone) : null;
    if (zone !== null)
      problems.push({ path: ["budgets", id, "time_zone"], code: "unknown_time_zone", detail: zone });
    const name = asRecord(tag)["name"];
    const stranger = typeof name === "string" ? tagProblem(name, names) : null;
    if (stranger !== null)
      problems.push({ path: ["budgets", id, "tag", "name"], code: "unknown_tag", detail: stranger });
    return problems;
  });
}

function listProblems(at: Path, list: unknown, models: Entry): Problem[] {
  const names: unknown[] = Array.isArray(list) ? list : [];
  const strangers = names.flatMap((name, index): Problem[] => {
    if (typeof name !== "string" || Object.hasOwn(models, name)) return [];
    return [unknown([...at, index], { kind: "model", name, names: models })];
  });
  return [...strangers, ...repetitions(at, names)];
}

function repetitions(at: Path, list: unknown): Problem[] {
  const names: unknown[] = Array.isArray(list) ? list : [];
  return names.flatMap((name, index): Problem[] => {
    if (typeof name !== "string" || names.indexOf(name) === index) return [];
    return [{ path: [...at, index], code: "duplicate", detail: `"${name}" is listed twice` }];
  });
}

function unknown(path: Path, wrong: { kind: "model" | "provider"; name: string; names: Entry }): Problem {
  const { kind, name, names } = wrong;
  const detail = `unknown ${kind} "${name}"${didYouMean(name, Object.keys(names))}`;
  return { path, code: `unknown_${kind}`, detail };
}

/** The value as a record; anything that is none counts as an empty one. */
export function asRecord(value: unknown): Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Entry) : {};
}
