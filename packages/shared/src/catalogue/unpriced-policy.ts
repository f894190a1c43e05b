import type { Catalogue, UnpricedPolicy } from "./catalogue.ts";
import type { CatalogueFile } from "./catalogue-file.ts";

/** What a tenant's jobs may do with models without a price; null: nobody's. */
export function unpricedPolicyOf({ unpriced }: Catalogue, tenant: string | null): UnpricedPolicy {
  return (tenant === null ? undefined : unpriced.tenants.get(tenant)) ?? unpriced.others;
}

type Written = Pick<CatalogueFile["unpriced"], "policy" | "cap">;

/** A tenant without a cap of its own has that of the others. */
export function unpricedOf({ unpriced }: CatalogueFile): Catalogue["unpriced"] {
  const tenants = Object.entries(unpriced.tenants).map(
    ([tenant, own]) => [tenant, policyOf({ cap: unpriced.cap, ...own })] as const,
  );
  return { tenants: new Map(tenants), others: policyOf(unpriced) };
}

/** That `allow` has a cap is checked with the file. */
function policyOf({ policy, cap }: Written): UnpricedPolicy {
  if (policy !== "allow") return { policy, cap: null };
  return cap === undefined ? { policy: "refuse", cap: null } : { policy, cap };
}
