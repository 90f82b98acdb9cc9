import type { Cloud, Host } from "../cloud/cloud.ts";
import { noise, textHash } from "../random.ts";
import type { SimulatedPoint } from "./line-of.ts";
import { COUNTING_SINCE_MS, countedUntilMs, type Moment } from "./rhythm.ts";
import { carriedTraffic } from "./traffic.ts";

const CORES = ["2", "34"] as const;
const LEGS = ["dpdk0", "dpdk1"] as const;
const BUSY = textHash("pmd");
/** What a thread that polls spends each second when nothing comes. */
const IDLE_CYCLES = 2e9;
const CYCLES_OF_A_PACKET = 260;
/** Shares of the packets that each cache finds; the rest goes to user space, and of that a thousandth is lost. */
const FOUND = { emc_hit: 0.72, smc_hit: 0.1, megaflow_hit: 0.17 } as const;
const MISSED = 0.01;

/** One compute node in three has a second switch in user space, with a bond of its own: two threads share what it carries. */
export function dpdkPoints(cloud: Cloud, host: Host, moment: Moment): readonly SimulatedPoint[] {
  if (host.role !== "compute" || host.index % 3 !== 0) return [];
  const seconds = (countedUntilMs(moment, host.index) - COUNTING_SINCE_MS) / 1_000;
  const { packets } = carriedTraffic(cloud, host, moment);
  const first = 0.3 + 0.4 * noise(cloud.seed, BUSY, host.index);
  return [
    ...CORES.map((core, n) => pmdPoint(core, packets * (n === 0 ? first : 1 - first), seconds)),
    ...LEGS.map((member, n) => ({
      measurement: "ovs_bond",
      tags: { bond: "dpdkbond", member },
      fields: { enabled: { int: 1 }, active: { int: n === 0 ? 1 : 0 }, lacp_current: { int: 1 } },
    })),
  ];
}

function pmdPoint(core: string, packets: number, seconds: number): SimulatedPoint {
  const found = Object.entries(FOUND).map(([cache, share]) => [cache, { int: packets * share }] as const);
  return {
    measurement: "ovs_pmd",
    tags: { core },
    fields: {
      packets: { int: packets },
      recirculations: { int: packets * 0.8 },
      ...Object.fromEntries(found),
      miss_ok: { int: packets * MISSED },
      miss_failed: { int: packets * MISSED * 0.001 },
      idle_cycles: { int: seconds * IDLE_CYCLES },
      busy_cycles: { int: packets * CYCLES_OF_A_PACKET },
    },
  };
}
