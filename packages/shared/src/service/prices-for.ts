import { type Catalogue, unpricedPolicyOf } from "../catalogue/index.ts";
import { cappedBook, type PriceBook } from "../pricing/index.ts";

/** The price book as it is for a tenant: one whose jobs may call models without a price finds a cap in place of it. */
export function pricesFor(
  { catalogue, prices }: { catalogue: Catalogue; prices: PriceBook },
  tenant: string | null,
): PriceBook {
  const { cap } = unpricedPolicyOf(catalogue, tenant);
  return cap === null ? prices : cappedBook(prices, cap);
}
