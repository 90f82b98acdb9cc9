import type { Cloud, Host } from "../cloud/cloud.ts";
import { duties } from "../elements/namespace-elements.ts";
import { noise, textHash } from "../random.ts";
import { countedUntilMs, type Growth, growthAt, type Moment, UNSTEADY_MS } from "./rhythm.ts";

/** On average over the day, or counted since the beginning. */
export interface Traffic {
  readonly bytes: number;
  readonly packets: number;
}

export const NO_TRAFFIC: Traffic = { bytes: 0, packets: 0 };

const VM = textHash("traffic of a machine");
const ROUTER = textHash("traffic of a router");
/** Of a 25 Gb/s card, what one machine can take. */
const MOST_BYTES_PER_SECOND = 600e6;
/** Of what a surge adds, the share the kernel cannot take. */
const DROPPED_OF_SURPLUS = 0.02;

/**
 * Each second. Few machines have most of the traffic, the elephants: a Pareto distribution. Bytes and packets go
 * together, with a size of packet that is the machine's own.
 */
export function vmTraffic(cloud: Cloud, vm: number): Traffic {
  return heavyTailed(cloud.seed, VM, vm, 40_000);
}

export interface Carried extends Traffic {
  readonly droppedPackets: number;
}

/** What the host has carried until a moment: its machines' traffic, or on a network node that of its routers. */
export function carriedTraffic(cloud: Cloud, host: Host, moment: Moment): Carried {
  const growth = growthAt(cloud, countedUntilMs(moment, host.index), { condition: host.condition, load: "traffic" });
  const rate = hostRate(cloud, host);
  return {
    bytes: rate.bytes * total(growth) + host.carriedBefore.bytes,
    packets: rate.packets * total(growth) + host.carriedBefore.packets,
    droppedPackets: rate.packets * growth.surplus * DROPPED_OF_SURPLUS,
  };
}

/** What one router of a network node has carried until a moment. */
export function routerTraffic(cloud: Cloud, host: Host, router: number, moment: Moment): Traffic {
  const growth = growthAt(cloud, countedUntilMs(moment, host.index), { condition: host.condition, load: "traffic" });
  const { bytes, packets } = heavyTailed(cloud.seed, ROUTER, router, 4e6);
  return { bytes: bytes * total(growth), packets: packets * total(growth) };
}

/**
 * What a host's `carriedBefore` becomes when a machine arrives or leaves: counters of the host go on from where they
 * are, although from now on others add to them.
 */
export function carriedAfter(
  cloud: Cloud,
  host: Host,
  { vm, nowMs, arrives }: { readonly vm: number; readonly nowMs: number; readonly arrives: boolean },
): Traffic {
  const rate = vmTraffic(cloud, vm);
  // A sample counts what was a little before it: so neither makes a counter fall.
  const untilMs = arrives ? nowMs - UNSTEADY_MS : nowMs;
  const sofar = total(growthAt(cloud, untilMs, { condition: host.condition, load: "traffic" })) * (arrives ? -1 : 1);
  const { bytes, packets } = host.carriedBefore;
  return { bytes: bytes + rate.bytes * sofar, packets: packets + rate.packets * sofar };
}

function hostRate(cloud: Cloud, host: Host): Traffic {
  const parts =
    host.role === "network"
      ? duties(cloud, host).routers.map(({ index }) => heavyTailed(cloud.seed, ROUTER, index, 4e6))
      : [...host.vms].map((vm) => vmTraffic(cloud, vm));
  return parts.reduce(
    (sum, { bytes, packets }) => ({ bytes: sum.bytes + bytes, packets: sum.packets + packets }),
    NO_TRAFFIC,
  );
}

function heavyTailed(seed: number, salt: number, index: number, leastBytes: number): Traffic {
  const draw = 1 - noise(seed, salt, index, 1);
  const bytes = Math.min(MOST_BYTES_PER_SECOND, leastBytes * draw ** -0.9);
  const packetBytes = 150 + 1_100 * noise(seed, salt, index, 2);
  return { bytes, packets: bytes / packetBytes };
}

function total({ usual, surplus }: Growth): number {
  return usual + surplus;
}
