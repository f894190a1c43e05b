import type { Budget } from "@switchyard/shared/budgets";
import { type Catalogue, tagProblem, timeZoneProblem } from "@switchyard/shared/catalogue";
import { BUDGET_LIMITS, BudgetBody, BudgetId } from "@switchyard/shared/contracts";
import { type FieldProblem, SwitchyardError } from "@switchyard/shared/errors";
import { budgetOf, type Ledger } from "@switchyard/shared/ledger";
import { type BudgetGuard, isOwnBudget } from "@switchyard/shared/service";
import type { Response } from "express";
import type { Caller } from "../access.ts";
import { decodeText, invalid, parseJson, problemsIn } from "../http/json-body.ts";
import { SMALL_BODY } from "../http/request-body.ts";
import type { ApiRequest, Route } from "../http/request-context.ts";
import { renderBudget } from "../render-budget.ts";

export interface BudgetsOptions {
  catalogue: Catalogue;
  budgets: BudgetGuard;
}

/** Reading budgets, and, with the scope `admin`, setting and deleting those that are not in the file. */
export function budgetRoutes({ catalogue, budgets }: BudgetsOptions): Route[] {
  async function shown(wanted: readonly Budget[], nowMs: number) {
    // A Redis that does not answer says nothing of what was spent; the limits are known all the same.
    const standings = await budgets.accounts.read(wanted, nowMs).catch(() => []);
    return wanted.map((budget, index) => renderBudget(budget, standings[index] ?? null, nowMs));
  }

  async function list({ caller, within: { ledger } }: ApiRequest, response: Response): Promise<void> {
    const all = await allOf(ledger, catalogue);
    const data = await shown(
      all.filter((budget) => maySee(caller, budget)),
      ledger.now(),
    );
    response.setHeader("Cache-Control", "private, no-cache");
    response.json({ object: "list", data });
  }

  async function put({ http, body, within: { ledger } }: ApiRequest, response: Response): Promise<void> {
    const id = String(http.params["budget"]);
    refuseOfFile(catalogue, id);
    const wish = checkBudget(id, parseJson(decodeText(body)), catalogue.tags);
    const { bodies, unreadable } = await ledger.budgets.list();
    const ids = [...bodies.keys(), ...unreadable.keys(), ...Object.keys(catalogue.budgets), id];
    const count = new Set(ids).size;
    if (count > BUDGET_LIMITS.count) {
      const detail = `there are ${BUDGET_LIMITS.count} budgets, which is as many as there may be`;
      throw invalid([{ path: "", code: "too_big", detail }]);
    }
    const sinceMs = await ledger.budgets.put(id, wish);
    response.setHeader("Cache-Control", "no-store");
    response.json((await shown([budgetOf(id, { ...wish, sinceMs }, "api")], ledger.now()))[0]);
  }

  async function remove({ http, within: { ledger } }: ApiRequest, response: Response): Promise<void> {
    const id = String(http.params["budget"]);
    refuseOfFile(catalogue, id);
    const isThere = BudgetId.safeParse(id).success && (await ledger.budgets.remove(id));
    if (!isThere) throw new SwitchyardError("RESOURCE_MISSING", "no such budget");
    response.setHeader("Cache-Control", "no-store");
    response.json({ id, object: "budget", deleted: true });
  }

  return [
    { method: "get", path: "/v1/budgets", scope: "jobs:read", body: null, handle: list },
    { method: "put", path: "/v1/budgets/:budget", scope: "admin", body: SMALL_BODY, handle: put },
    { method: "delete", path: "/v1/budgets/:budget", scope: "admin", body: null, handle: remove },
  ];
}

/** As they are now, not as this process knows them: whoever has just set one sees it. */
async function allOf(ledger: Ledger, { budgets: file }: Catalogue): Promise<Budget[]> {
  const ofFile = Object.entries(file).map(([id, body]) => budgetOf(id, body, "file"));
  const { bodies } = await ledger.budgets.list();
  const ofApi = [...bodies].filter(([id]) => !Object.hasOwn(file, id));
  return [...ofFile, ...ofApi.map(([id, body]) => budgetOf(id, body, "api"))];
}

function maySee({ scopes, tenant, keyId }: Caller, budget: Budget): boolean {
  return scopes.includes("admin") || isOwnBudget(budget, { tenant, keyId });
}

/** @throws SwitchyardError BUDGET_FIXED */
function refuseOfFile({ budgets }: Catalogue, id: string): void {
  if (!Object.hasOwn(budgets, id)) return;
  const message = `budget ${id} is set by the configuration file of the installation; change it there`;
  throw new SwitchyardError("BUDGET_FIXED", message);
}

/** @throws SwitchyardError REQUEST_INVALID with every problem of the id and the body. */
function checkBudget(id: string, value: unknown, tags: readonly string[]): BudgetBody {
  const [name, parsed] = [BudgetId.safeParse(id), BudgetBody.safeParse(value)];
  const problems: FieldProblem[] = [
    ...(name.success ? [] : problemsIn(name.error).map((problem) => ({ ...problem, path: "id" }))),
    ...(parsed.success ? [] : problemsIn(parsed.error)),
    ...namesUnknown(value, tags),
  ];
  if (!parsed.success || problems.length > 0) throw invalid(problems);
  return parsed.data;
}

/** What is right by its form and names nothing that there is. */
function namesUnknown(value: unknown, tags: readonly string[]): FieldProblem[] {
  const { time_zone: zone, tag } = (value ?? {}) as { time_zone?: unknown; tag?: { name?: unknown } | null };
  const { shape } = BudgetBody;
  const name = tag?.name;
  const inZone = shape.time_zone.unwrap().safeParse(zone).success ? timeZoneProblem(zone as string) : null;
  const inTag = typeof name === "string" && name !== "" ? tagProblem(name, tags) : null;
  return [
    ...(inZone === null ? [] : [{ path: "time_zone", code: "invalid_value", detail: inZone }]),
    ...(inTag === null ? [] : [{ path: "tag.name", code: "invalid_value", detail: inTag }]),
  ];
}
