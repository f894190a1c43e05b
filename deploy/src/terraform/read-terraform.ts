import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "@cdktn/hcl2json";

/** A block of Terraform's language. What the language computes is a text: see `computed`. */
export interface Block {
  [name: string]: unknown;
}

/** Where the module is. */
export const TERRAFORM = fileURLToPath(new URL("../../../terraform/", import.meta.url));

/** Every block of the module, such as `resource.aws_kms_key.this`. */
export interface Module {
  resource: Record<string, Record<string, Block>>;
  data: Record<string, Record<string, Block>>;
  locals: Block;
  text: string;
}

/** Reads all files of the module, without Terraform. */
export async function readTerraform(): Promise<Module> {
  const files = readdirSync(TERRAFORM).filter((name) => name.endsWith(".tf"));
  const module: Module = { resource: {}, data: {}, locals: {}, text: "" };
  for (const name of files) {
    const text = readFileSync(`${TERRAFORM}${name}`, "utf8");
    module.text += text;
    const { resource = {}, data = {}, locals = [] } = (await parse(name, text)) as Parsed;
    addTo(module.resource, resource);
    addTo(module.data, data);
    for (const block of locals) Object.assign(module.locals, block);
  }
  return module;
}

interface Parsed {
  resource?: Record<string, Record<string, Block[]>>;
  data?: Record<string, Record<string, Block[]>>;
  locals?: Block[];
}

function addTo(all: Module["resource"], more: Record<string, Record<string, Block[]>>): void {
  for (const [type, named] of Object.entries(more))
    for (const [name, [block = {}]] of Object.entries(named)) all[type] = { ...all[type], [name]: block };
}

/** A resource of the module. */
export function resourceOf(module: Module, type: string, name = "this"): Block {
  const found = module.resource[type]?.[name];
  if (found === undefined) throw new Error(`there is no ${type}.${name} in terraform/`);
  return found;
}

/** The blocks of one kind in a block. */
export function blocksIn(block: Block, kind: string): Block[] {
  return (block[kind] ?? []) as Block[];
}

/** Every statement of a policy, those that depend on something too. */
export function statementsOf(document: Block): Block[] {
  const dynamic = (document["dynamic"] ?? {}) as Record<string, Block[]>;
  const content = (dynamic["statement"] ?? []).flatMap((one) => blocksIn(one, "content"));
  return [...blocksIn(document, "statement"), ...content];
}

/** How a value is read that Terraform would compute. */
export function computed(expression: string): string {
  return `\${${expression}}`;
}
