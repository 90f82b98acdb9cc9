import type { SimulatedPoint, SimulatedValue } from "./line-of.ts";

type Fields = SimulatedPoint["fields"];

const NONE = { int: 0 };
const GIB = 2 ** 30;

/** Fields that real agents tell besides in lines that everybody looks at, made from the ones that are there. */
const BESIDES: { readonly [measurement: string]: (fields: Fields) => Fields } = {
  mem: ({ total_bytes }) => ({
    slab_bytes: part(total_bytes, 0.02),
    committed_bytes: part(total_bytes, 0.9),
    swap_total_bytes: { int: 8 * GIB },
    swap_free_bytes: { int: 7 * GIB },
    hugepages_total: { int: 1_024 },
    hugepages_free: { int: 256 },
    hugepage_bytes: { int: 2 ** 21 },
  }),
  net_if: () => ({ rx_errors: NONE, tx_errors: NONE, carrier_changes: { int: 2 } }),
  network_node: ({ routers }) => ({ active_routers: part(routers, 1) }),
  vm: ({ mem_total_bytes }) => ({
    swap_in_bytes: part(mem_total_bytes, 0.001),
    swap_out_bytes: part(mem_total_bytes, 0.002),
    major_faults: { int: 1_200 },
  }),
  vm_disk: ({ capacity_bytes }) => ({
    allocation_bytes: part(capacity_bytes, 0.6),
    physical_bytes: part(capacity_bytes, 0.6),
  }),
  vm_net: () => ({ rx_errors: NONE, tx_errors: NONE }),
  ovs_datapath: ({ hit }) => ({
    masks: { int: 24 },
    mask_hit: part(hit, 3),
    cache_hit: part(hit, 0.9),
    flow_limit: { int: 200_000 },
    dump_duration_s: 0.021,
    hw_offload: NONE,
    offloaded_flows: NONE,
  }),
  ovs_interface: () => ({ rx_dropped: NONE, rx_errors: NONE, tx_dropped: NONE }),
};

/** The same points, with all that a real agent tells in them; and of the processors of a host two besides all together. */
export function withWideFields(points: readonly SimulatedPoint[]): readonly SimulatedPoint[] {
  return points.flatMap((point) => {
    const besides = BESIDES[point.measurement]?.(point.fields) ?? {};
    const full = { ...point, fields: { ...point.fields, ...besides } };
    return point.measurement === "cpu" ? [full, ...["0", "1"].map((cpu) => oneOf(full, cpu))] : [full];
  });
}

const PROCESSORS = 64;

function oneOf({ measurement, fields }: SimulatedPoint, cpu: string): SimulatedPoint {
  const own = Object.entries(fields).map(([name, value]) => [name, Number(value) / PROCESSORS] as const);
  return {
    measurement,
    tags: { cpu },
    fields: { nice_s: 0, iowait_s: 0, irq_s: 0, ...Object.fromEntries(own) },
  };
}

function part(value: SimulatedValue, share: number): SimulatedValue {
  const whole = typeof value === "object" ? value.int : value;
  return whole === undefined ? undefined : { int: whole * share };
}
