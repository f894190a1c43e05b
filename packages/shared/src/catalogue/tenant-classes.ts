import type { Catalogue } from "./catalogue.ts";
import type { CatalogueFile } from "./catalogue-file.ts";

/** Of tenants that no class lists. */
export const OTHER_TENANTS = "other";

/** By what a tenant's costs are told apart where its own name must not be: as a label of metrics. */
export function tenantClassOf({ tenantClasses }: Pick<Catalogue, "tenantClasses">, tenant: string): string {
  return tenantClasses.byTenant.get(tenant) ?? OTHER_TENANTS;
}

/** That no tenant is in two classes is checked with the file. */
export function tenantClassesOf({ tenant_classes }: CatalogueFile): Catalogue["tenantClasses"] {
  const byTenant = Object.entries(tenant_classes).flatMap(([name, tenants]) =>
    tenants.map((tenant) => [tenant, name] as const),
  );
  return { names: [...Object.keys(tenant_classes), OTHER_TENANTS], byTenant: new Map(byTenant) };
}
