export { tagProblem, timeZoneProblem } from "./budget-problems.ts";
export type {
  Catalogue,
  ClassifierSettings,
  ConsultSettings,
  Limits,
  Model,
  PriceCap,
  Provider,
  ProviderKind,
  UnpricedPolicy,
} from "./catalogue.ts";
export { PROVIDER_KINDS } from "./catalogue.ts";
export type { CatalogueWarning } from "./catalogue-warnings.ts";
export { catalogueWarnings } from "./catalogue-warnings.ts";
export { estimateTokens, mostTokens } from "./estimate-tokens.ts";
export type { CatalogueOptions } from "./load-catalogue.ts";
export { loadCatalogue } from "./load-catalogue.ts";
export { nearestName } from "./nearest-name.ts";
export { outputRoomTokens } from "./output-room.ts";
export { tenantClassOf } from "./tenant-classes.ts";
export { unpricedPolicyOf } from "./unpriced-policy.ts";
