import { type Catalogue, catalogueWarnings } from "@switchyard/shared/catalogue";
import { readCatalogue } from "@switchyard/shared/service";

type Environment = Readonly<Record<string, string | undefined>>;

/** Who will answer in this run, and what of the environment the services get to see. */
export interface ProviderPlan {
  catalogue: Catalogue;
  /** The environment without what must not be used. */
  environment: Environment;
  usesSimulator: boolean;
  /** The ids of the active providers that are not the simulated one. */
  realProviders: readonly string[];
  /** Every variable that would switch on a provider of the catalogue. */
  variables: readonly string[];
  /** Those that are set. */
  found: readonly string[];
  warnings: readonly string[];
}

/** The launcher's own: it says whether and where the simulated provider runs. */
const SIMULATOR_VARIABLE = "SIMULATOR_URL";
/** Only its being there matters while the catalogue is read; the real address comes later. */
const SOME_URL = "http://127.0.0.1:9";
/** It would stand above the variables by which this run chooses its providers. */
const OVERRIDE = "ACTIVE_PROVIDERS";

/**
 * Without `isLive` the variables of all real providers are taken away, so that none can be called. With it, and with
 * a real provider there, the simulated one is left out: nobody wants a mix of true and made-up answers.
 * @throws SwitchyardError CONFIG_INVALID with every problem of the catalogue or the price book.
 */
export function planProviders(environment: Environment, isLive: boolean): ProviderPlan {
  const consulted = consultedVariables(environment);
  const variables = consulted.filter((name) => name !== SIMULATOR_VARIABLE && !name.endsWith("_FILE"));
  const hasSimulator = consulted.includes(SIMULATOR_VARIABLE);
  const switches = consulted.filter((name) => name !== SIMULATOR_VARIABLE);
  const found = switches.filter((name) => (environment[name] ?? "").trim() !== "");
  const visible = without(environment, [OVERRIDE, ...(isLive ? [SIMULATOR_VARIABLE] : consulted)]);
  const real = catalogueIn(visible);
  const isReal = isLive && found.length > 0 && usableModels(real).length > 0;
  const usesSimulator = hasSimulator && !isReal;
  const catalogue = usesSimulator ? catalogueIn({ ...visible, [SIMULATOR_VARIABLE]: SOME_URL }) : real;
  return {
    catalogue,
    environment: visible,
    usesSimulator,
    realProviders: [...real.providers.values()].filter(({ isActive }) => isActive).map(({ id }) => id),
    variables,
    found,
    warnings: catalogueWarnings(catalogue).map(({ message }) => message),
  };
}

/** The ids of the models that can take jobs, in the file's order. */
export function usableModels({ models }: Catalogue): string[] {
  return [...models.values()].filter((model) => model.isActive && model.isPriced).map(({ id }) => id);
}

/** What savings are measured against: the strongest model that can take jobs; null when there is none. */
export function baselineModel({ models }: Catalogue): string | null {
  const usable = [...models.values()].filter((model) => model.isActive && model.isPriced);
  const [first] = usable;
  if (first === undefined) return null;
  return usable.reduce((best, model) => (model.strength > best.strength ? model : best), first).id;
}

/** The names that the catalogue looks up: it is read once with an environment that only takes notes. */
function consultedVariables(environment: Environment): string[] {
  const names = new Set<string>();
  const notes = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get(_, name) {
        if (typeof name === "string") names.add(name);
        return undefined;
      },
    },
  );
  readCatalogue(filesOf(environment), notes);
  return [...names];
}

function catalogueIn(environment: Environment): Catalogue {
  return readCatalogue(filesOf(environment), environment).catalogue;
}

function filesOf(environment: Environment) {
  return {
    catalogueFile: environment["SWITCHYARD_CONFIG"]?.trim() || null,
    pricesFile: environment["SWITCHYARD_PRICES"]?.trim() || null,
  };
}

function without(environment: Environment, names: readonly string[]): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}
