import { ApiError } from "../../../collector/openstack/api/api-error.ts";
import type { Query, Reply, ServiceApi } from "../../../collector/openstack/api/service-api.ts";

export interface StubProvider {
  readonly id: string;
  readonly root: string;
  generation: number;
  readonly inventories: Record<string, { total: number; reserved: number; allocation_ratio: number }>;
  readonly usages: Record<string, number>;
  aggregate?: string;
  shares?: boolean;
}

/** Placement behind `get`, as far as it is asked; something may happen before each answer. */
export class StubPlacement implements Pick<ServiceApi, "get"> {
  readonly providers = new Map<string, StubProvider>();
  readonly asked: string[] = [];
  before: (path: string) => void = () => {};
  version = "1.39";

  async get(path: string, query: Query): Promise<Reply> {
    this.asked.push(path);
    this.before(path);
    return { body: this.#bodyOf(path, query), serverTimeMs: 0 };
  }

  #bodyOf(path: string, query: Query): Reply["body"] {
    if (path === "/") return { versions: [{ min_version: "1.0", max_version: this.version }] };
    const [, , id, more] = path.split("/");
    if (id === undefined) return { resource_providers: this.#matching(query) };
    const provider = this.providers.get(id);
    if (provider === undefined) throw new ApiError({ kind: "not_found", message: path, hint: "gone" });
    const { generation: resource_provider_generation, inventories, usages, aggregate } = provider;
    if (more === "aggregates") return { aggregates: aggregate === undefined ? [] : [aggregate] };
    if (more === "traits") return { traits: provider.shares === true ? ["MISC_SHARES_VIA_AGGREGATE"] : [] };
    const body = more === "inventories" ? { inventories } : { usages };
    return structuredClone({ resource_provider_generation, ...body });
  }

  #matching(query: Query) {
    const [[name, value] = []] = query;
    const all = [...this.providers.values()].filter(({ shares = false, aggregate }) =>
      name === "required" ? shares : name !== "member_of" || value === `in:${aggregate}`,
    );
    return all.map(({ id, root, generation }) => ({ uuid: id, name: id, root_provider_uuid: root, generation }));
  }
}
