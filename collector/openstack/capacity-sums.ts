import type { AddPoint, Tags } from "./gauges.ts";

/** Used and total of what can be given; without a total where nobody sets one. */
export interface Sum {
  used: number;
  total: number | undefined;
}

/** By resource: `vcpus`, `memory`, `disk`, `instances`, `floating_ips`, `ports`, `volumes`, and what else Placement has classes of. */
export class Sums {
  readonly #sums = new Map<string, Sum>();

  add(resource: string, used: number, total: number | undefined): void {
    const sum = this.#sums.get(resource) ?? { used: 0, total: undefined };
    sum.used += used;
    if (total !== undefined) sum.total = (sum.total ?? 0) + total;
    this.#sums.set(resource, sum);
  }

  all(): Iterable<readonly [resource: string, Sum]> {
    return this.#sums;
  }
}

export function addPoint(add: AddPoint, resource: string, { used, total }: Sum, tags: Tags): void {
  const fields = total === undefined ? { used } : { used, total, available: Math.max(0, total - used) };
  add("os_capacity", { resource, ...tags }, fields);
}
