import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, test } from "vitest";
import { overShipped } from "../manifests/chart-values.ts";
import { checkManifests } from "../manifests/check.ts";
import { parseManifests } from "../manifests/manifest.ts";
import { isInstalled, renderChart } from "../manifests/render.ts";
import { computed, type Module, readTerraform, resourceOf, TERRAFORM } from "./read-terraform.ts";

const HELM_VALUES = `${TERRAFORM}modules/helm-values/`;
const SCHEMA = new URL("../../../helm/switchyard/values.schema.json", import.meta.url);
const example = JSON.parse(readFileSync(`${HELM_VALUES}example.json`, "utf8")) as Record<string, unknown>;

let module: Module;
beforeAll(async () => {
  module = await readTerraform();
});

/** Terraform in a copy of its own, so that nothing it writes is left in the repository. */
function terraform(folder: string, ...args: string[]) {
  const done = spawnSync(PROGRAM, args, { cwd: folder, encoding: "utf8" });
  return { status: done.status, out: done.stdout, told: `${done.stdout}${done.stderr}` };
}

const PROGRAM = "terraform";
const hasTerraform = spawnSync(PROGRAM, ["version"]).status === 0;

describe("what is made", () => {
  test("the key rotates, and is found by its alias", () => {
    expect(resourceOf(module, "aws_kms_key")).toMatchObject({ enable_key_rotation: true });
    expect(resourceOf(module, "aws_kms_alias")).toMatchObject({ name: `alias/${computed("var.name")}` });
  });

  test("Valkey evicts nothing, survives a zone, is reached by TLS alone, and is not serverless", () => {
    expect(resourceOf(module, "aws_elasticache_parameter_group")).toMatchObject({
      family: "valkey8",
      parameter: [{ name: "maxmemory-policy", value: "noeviction" }],
    });
    expect(resourceOf(module, "aws_elasticache_replication_group")).toMatchObject({
      ...{
        engine: "valkey",
        engine_version: "8.0",
        multi_az_enabled: true,
        automatic_failover_enabled: true,
      },
      ...{
        transit_encryption_enabled: true,
        transit_encryption_mode: "required",
        at_rest_encryption_enabled: true,
      },
      parameter_group_name: computed("aws_elasticache_parameter_group.this[0].name"),
    });
    expect(module.resource).not.toHaveProperty("aws_elasticache_serverless_cache");
  });

  test("secrets are names: no resource holds a value, and no variable could bring one", () => {
    expect(module.resource).toHaveProperty("aws_secretsmanager_secret");
    const kinds = Object.keys(module.resource).filter((type) => /secret_version|ssm_parameter/.test(type));
    expect(kinds).toEqual([]);
    expect(module.text).not.toMatch(/secret_string|auth_token\s*=/);
  });
});

describe("the output helm_values", () => {
  const validate = new Ajv({ allErrors: true, strict: false }).compile(
    JSON.parse(readFileSync(SCHEMA, "utf8")),
  );

  test("is taken by the chart's schema as it is", () => {
    expect(validate(overShipped(example)) ? [] : validate.errors).toEqual([]);
  });

  test("would be refused with a name that the chart does not know", () => {
    expect(validate(overShipped({ ...example, dynamodb: { tableArn: "arn" } }))).toBe(false);
  });

  test("makes manifests that are fit to be installed", async ({ skip }) => {
    if (!isInstalled("helm")) skip("helm is not installed");
    const manifests = parseManifests(renderChart(`${HELM_VALUES}example.json`));
    expect(await checkManifests(manifests)).toEqual([]);
  });

  test("names the ServiceAccounts that the roles trust", () => {
    for (const service of ["ingest", "classifier", "invoker", "cost"])
      expect(example[service]).toMatchObject({
        serviceAccount: {
          name: `switchyard-${service}`,
          annotations: {
            "eks.amazonaws.com/role-arn": expect.stringContaining(`role/switchyard-${service}`),
          },
        },
      });
    const account = `${computed("var.name")}-${computed("service")}`;
    expect(module.locals["service_accounts"]).toContain(`"${account}"`);
  });

  test.skipIf(!hasTerraform)("is what Terraform computes (SKIP where terraform is not installed)", () => {
    const folder = mkdtempSync(join(tmpdir(), "switchyard-terraform-"));
    cpSync(HELM_VALUES, folder, { recursive: true });
    expect(terraform(folder, "init", "-input=false").told).toContain("successfully initialized");
    const applied = terraform(
      folder,
      "apply",
      "-auto-approve",
      "-input=false",
      "-var-file=example.tfvars.json",
    );
    expect(applied).toMatchObject({ status: 0 });
    expect(JSON.parse(terraform(folder, "output", "-json", "values").out)).toEqual(example);
    rmSync(folder, { recursive: true });
  });
});

describe.skipIf(!hasTerraform)("with Terraform (SKIP where it is not installed)", () => {
  test("every file is formatted", () => {
    expect(terraform(TERRAFORM, "fmt", "-check", "-recursive")).toMatchObject({ status: 0, out: "" });
  });

  test("the module's own tests pass (SKIP where the provider hashicorp/aws cannot be had)", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "switchyard-terraform-"));
    cpSync(TERRAFORM, folder, { recursive: true, filter: (path) => !path.includes("/.terraform") });
    const { status, told } = terraform(folder, "init", "-input=false", "-backend=false");
    if (status !== 0) expect(told).toMatch(/hashicorp\/aws/);
    if (status === 0) expect(terraform(folder, "test")).toMatchObject({ status: 0 });
    expect(existsSync(folder)).toBe(true);
    rmSync(folder, { recursive: true });
    context.skip(status !== 0, "SKIP terraform test: the provider hashicorp/aws cannot be had");
  });
});
