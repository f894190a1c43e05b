import { beforeAll, describe, expect, test } from "vitest";
import {
  type Block,
  blocksIn,
  computed,
  type Module,
  readTerraform,
  resourceOf,
  statementsOf,
} from "./read-terraform.ts";
import { tableUseOf } from "./table-use.ts";

const PROGRAMS = {
  ingest: ["services/ingest/src/start.ts", "startIngest"],
  classifier: ["services/classifier/src/start.ts", "startClassifier"],
  invoker: ["services/invoker/src/start.ts", "startInvoker"],
  cost: ["services/cost/src/start.ts", "startCost"],
  operator: ["packages/cli/src/run.ts", "run"],
} as const;
const SERVICES = ["ingest", "classifier", "invoker", "cost"] as const;

let module: Module;
let allowed: Record<string, string[]>;
beforeAll(async () => {
  module = await readTerraform();
  allowed = module.locals["table_actions"] as Record<string, string[]>;
});

/** Every statement about what may be done. */
function allStatements(): Block[] {
  const documents = Object.entries(module.data["aws_iam_policy_document"] ?? {});
  return documents.filter(([name]) => !name.startsWith("trust_")).flatMap(([, one]) => statementsOf(one));
}

test("each program may do with the table and its indexes what its code does, and nothing else", () => {
  const used = tableUseOf(PROGRAMS);
  const sorted = (names: Iterable<string>) => [...names].sort();
  for (const [program, { actions, indexes }] of Object.entries(used)) {
    expect({ program, actions: sorted(allowed[program] ?? []) }).toEqual({
      program,
      actions: sorted(actions),
    });
    const granted = (module.locals["indexes"] as Record<string, string[]>)[program] ?? [];
    expect({ program, indexes: sorted(granted) }).toEqual({ program, indexes: sorted(indexes) });
  }
  expect(Object.keys(allowed).sort()).toEqual(Object.keys(PROGRAMS).sort());
});

describe("policies", () => {
  test("name every action and every resource in full", () => {
    const statements = allStatements();
    const actions = [...Object.values(allowed), ...statements.map(({ actions }) => actions)].flat();
    const literal = actions.filter((one) => !String(one).startsWith("$"));
    expect(literal.length).toBeGreaterThan(30);
    for (const action of literal)
      expect(action).toMatch(/^(dynamodb|kms|bedrock|secretsmanager):[A-Z][A-Za-z]+$/);
    for (const { resources } of statements) expect(JSON.stringify(resources)).not.toContain("*");
    for (const { effect, not_actions, not_resources } of statements)
      expect([effect, not_actions, not_resources]).toEqual([undefined, undefined, undefined]);
  });

  test("let nobody make, change or delete a table, and only an operator read all of it", () => {
    const everywhere = JSON.stringify([allowed, allStatements()]);
    for (const action of ["CreateTable", "UpdateTable", "DeleteTable", "UpdateTimeToLive"])
      expect(everywhere).not.toContain(action);
    const scanning = Object.entries(allowed).filter(([, actions]) => actions.includes("dynamodb:Scan"));
    expect(scanning.map(([program]) => program)).toEqual(["operator"]);
  });

  test("let only invokers call models, and those that are listed", () => {
    const service = module.data["aws_iam_policy_document"]?.["service"] ?? {};
    const dynamic = (service["dynamic"] as Record<string, Block[]>)["statement"] ?? [];
    const models = dynamic.filter((one) => JSON.stringify(one).includes("bedrock:"));
    expect(models).toHaveLength(1);
    expect(models[0]?.["for_each"]).toMatch(/each\.key == "invoker"/);
    expect(blocksIn(models[0] ?? {}, "content")).toEqual([
      { sid: "Models", actions: ["bedrock:InvokeModel"], resources: computed("statement.value") },
    ]);
  });

  test("let the key be used for the table or the secrets alone", () => {
    const ofKey = allStatements().filter(({ actions }) => JSON.stringify(actions).includes("kms:"));
    expect(ofKey).toHaveLength(2);
    for (const statement of ofKey) {
      expect(statement["resources"]).toEqual([computed("aws_kms_key.this.arn")]);
      expect(blocksIn(statement, "condition")).toEqual([
        expect.objectContaining({ test: "StringEquals", variable: "kms:ViaService" }),
      ]);
    }
  });

  test("let no service read secrets: they come into the cluster another way", () => {
    const service = module.data["aws_iam_policy_document"]?.["service"] ?? {};
    expect(JSON.stringify(service)).not.toContain("secretsmanager");
  });
});

describe("roles", () => {
  test("are one for each service, with its own policy alone", () => {
    expect(module.locals["services"]).toBe(
      computed(`toset(${JSON.stringify(SERVICES).replaceAll(",", ", ")})`),
    );
    expect(resourceOf(module, "aws_iam_role", "service")["for_each"]).toBe(
      computed("local.service_accounts"),
    );
    expect(resourceOf(module, "aws_iam_role_policy", "service")["policy"]).toBe(
      computed("data.aws_iam_policy_document.service[each.key].json"),
    );
  });

  test("trust the token of one ServiceAccount, made for AWS: its sub and its aud, both as they are", () => {
    const [statement = {}] = statementsOf(module.data["aws_iam_policy_document"]?.["trust_irsa"] ?? {});
    const issuer = computed("local.oidc_issuer");
    expect(statement["actions"]).toEqual(["sts:AssumeRoleWithWebIdentity"]);
    expect(blocksIn(statement, "condition")).toEqual([
      {
        test: "StringEquals",
        variable: `${issuer}:sub`,
        values: [`system:serviceaccount:${computed("var.namespace")}:${computed("each.value")}`],
      },
      { test: "StringEquals", variable: `${issuer}:aud`, values: ["sts.amazonaws.com"] },
    ]);
  });

  test("or, with Pod Identity, the ServiceAccount of a namespace of a cluster", () => {
    const [statement = {}] = statementsOf(
      module.data["aws_iam_policy_document"]?.["trust_pod_identity"] ?? {},
    );
    expect(statement["principals"]).toEqual([{ type: "Service", identifiers: ["pods.eks.amazonaws.com"] }]);
    expect(blocksIn(statement, "condition").map(({ test: by, variable }) => [by, variable])).toEqual([
      ["StringEquals", "aws:RequestTag/eks-cluster-name"],
      ["StringEquals", "aws:RequestTag/kubernetes-namespace"],
      ["StringEquals", "aws:RequestTag/kubernetes-service-account"],
    ]);
  });
});
