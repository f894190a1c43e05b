import { asSwitchyardError } from "../errors/index.ts";
import { jobIdOf, jobKey, TENANT_INDEX, tenantShards, tenantSort } from "./keys.ts";
import { readArmJob } from "./row-codec.ts";
import type { ArmJob } from "./rows.ts";
import type { Store } from "./store.ts";
import type { StoredItem } from "./store-requests.ts";

/** The jobs of a tenant that were created in a time, in milliseconds since the epoch, both inclusive. */
export interface ArmSearch {
  tenant: string;
  fromMs: number;
  toMs: number;
  /** Told of each row that cannot be read: nobody knows its side, and it keeps nobody from the others. */
  onBroken: (text: string) => void;
}

/** Read from each part of the list at once. */
const PAGE_JOBS = 250;

/**
 * All jobs of a time, in no order and in pages, those that are on neither side too; by an index that may lag. A row is read for each,
 * and of it only what is compared is parsed.
 */
export async function* armJobs(store: Store, search: ArmSearch): AsyncGenerator<ArmJob[]> {
  let open = tenantShards(search.tenant).map((shard): Part => ({ shard }));
  while (open.length > 0) {
    const pages = await Promise.all(open.map((part) => pageOf(store, search, part)));
    const items = await Promise.all(pages.flat().map(({ pk }) => store.get(jobKey(jobIdOf(pk)))));
    yield items.flatMap((item) => (item === null ? [] : jobsIn(item, search)));
    open = open.flatMap(({ shard }, index) => {
      const page = pages[index] ?? [];
      return page.length < PAGE_JOBS ? [] : { shard, after: page.at(-1) };
    });
  }
}

function jobsIn(item: StoredItem, { onBroken }: ArmSearch): ArmJob[] {
  try {
    return [readArmJob(item)];
  } catch (error) {
    onBroken(asSwitchyardError(error).message);
    return [];
  }
}

interface Part {
  shard: string;
  after?: StoredItem | undefined;
}

function pageOf(store: Store, { fromMs, toMs }: ArmSearch, { shard, after }: Part): Promise<StoredItem[]> {
  // "~" sorts after every job id, so that the last millisecond is included.
  const bounds = { ":low": tenantSort(fromMs, ""), ":high": `${tenantSort(toMs, "")}~` };
  return store.queryIndex({
    index: TENANT_INDEX,
    hash: ["tenantShard", shard],
    range: ["tenantSort BETWEEN :low AND :high", bounds],
    limit: PAGE_JOBS,
    after,
  });
}
