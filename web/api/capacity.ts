import { type Static, Type } from "typebox";
import { EpochMsSchema } from "./topology.ts";

/** `memory`, `disk` and `volumes` in bytes, `bandwidth` in bits per second, others counted. */
export const CAPACITY_RESOURCES = [
  "vcpus",
  "memory",
  "disk",
  "instances",
  "floating_ips",
  "ports",
  "volumes",
  "bandwidth",
  "addresses",
] as const;
export const CAPACITY_SCOPES = ["cluster", "region", "zone", "host", "project", "subnet", "range"] as const;
export type CapacityScope = (typeof CAPACITY_SCOPES)[number];
export const CapacityScopeSchema = Type.Union([
  Type.Literal("cluster"),
  Type.Literal("region"),
  Type.Literal("zone"),
  Type.Literal("host"),
  Type.Literal("project"),
  Type.Literal("subnet"),
  Type.Literal("range"),
]);

const name = Type.Optional(Type.String());

/** What has a capacity: the names that say which one it is. */
export const CapacityThingSchema = Type.Object({
  cluster: Type.String(),
  resource: Type.String({ description: `one of ${CAPACITY_RESOURCES.join(", ")}, or what the cluster calls it` }),
  scope: CapacityScopeSchema,
  region: name,
  zone: name,
  host: name,
  project_id: name,
  /** Name of the project, where it is known. */
  project: name,
  network_id: name,
  subnet_id: name,
  /** Name of the subnet. */
  subnet: name,
  cidr: name,
  /** The first and the last address, as Neutron's allocation pool has them: `10.0.0.2-10.0.3.254`. */
  range: name,
});
export type CapacityThing = Static<typeof CapacityThingSchema>;

const ConePointSchema = Type.Object({
  at: EpochMsSchema,
  low: Type.Number(),
  likely: Type.Number(),
  high: Type.Number(),
});

export const ForecastSchema = Type.Union([
  Type.Object({
    kind: Type.Literal("runs_out"),
    /** In nine cases of ten nothing is left for the first time between `earliest` and `latest`. */
    earliest: EpochMsSchema,
    likely: EpochMsSchema,
    latest: EpochMsSchema,
    per_day: Type.Number({ description: "growth, in units a day" }),
    /** What was before does not count: the total was changed, or much was deleted or made at once. */
    since: EpochMsSchema,
    /** Where use is expected; only in answers about few things. */
    cone: Type.Optional(Type.Array(ConePointSchema)),
  }),
  /** Nothing is left. */
  Type.Object({ kind: Type.Literal("full") }),
  /** It does not grow, or lasts at least until then. */
  Type.Object({ kind: Type.Literal("lasts"), until: EpochMsSchema, per_day: Type.Number() }),
  Type.Object({
    kind: Type.Literal("unknown"),
    reason: Type.Union([
      Type.Literal("no_total"),
      Type.Literal("too_little_history"),
      Type.Literal("old_history"),
      Type.Literal("no_clear_trend"),
    ]),
  }),
]);
export type ForecastSchema = Static<typeof ForecastSchema>;

const amounts = {
  used: Type.Number(),
  /** Absent where there is no limit. */
  total: Type.Optional(Type.Number()),
  available: Type.Optional(Type.Number()),
  /** Used of the total, from 0; above 1 where more is used than there is. */
  share: Type.Optional(Type.Number()),
};

export const CapacityRowSchema = Type.Object({
  thing: CapacityThingSchema,
  ...amounts,
  /** When OpenStack was asked. */
  at: EpochMsSchema,
  forecast: Type.Optional(ForecastSchema),
  /** The first hour with figures of the four weeks that a forecast looks back on; with `forecast` only. */
  known_since: Type.Optional(EpochMsSchema),
});
export type CapacityRow = Static<typeof CapacityRowSchema>;

/** How old is what is known of each cluster. */
export const CapacityClusterSchema = Type.Object({
  cluster: Type.String(),
  synced_at: EpochMsSchema,
  stale: Type.Boolean({ description: "nothing new for longer than a few rounds: the figures are as they were then" }),
});
export type CapacityClusterSchema = Static<typeof CapacityClusterSchema>;

export const CapacityResponse = Type.Object({
  at: EpochMsSchema,
  clusters: Type.Array(CapacityClusterSchema),
  /** The fullest first. */
  rows: Type.Array(CapacityRowSchema),
  /** Rows there are; more than `rows` has when `limit` cut them. */
  found: Type.Number(),
});
export type CapacityResponse = Static<typeof CapacityResponse>;

export const CapacityHistoryResponse = Type.Object({
  from: EpochMsSchema,
  to: EpochMsSchema,
  step_ms: Type.Number(),
  /** Of each step; values are means of the step that ends then. */
  times: Type.Array(EpochMsSchema),
  histories: Type.Array(
    Type.Object({
      thing: CapacityThingSchema,
      used: Type.Array(Type.Union([Type.Number(), Type.Null()])),
      total: Type.Array(Type.Union([Type.Number(), Type.Null()])),
      forecast: ForecastSchema,
    }),
  ),
  found: Type.Number(),
});
export type CapacityHistoryResponse = Static<typeof CapacityHistoryResponse>;

const RangeSchema = Type.Object({
  region: name,
  range: Type.String(),
  ...amounts,
});

export const CapacitySubnetSchema = Type.Object({
  cluster: Type.String(),
  subnet: Type.String({ description: "its name, or its id where it has none" }),
  /** More than one where each region has a subnet of its own on the same network. */
  subnet_ids: Type.Array(Type.String()),
  network_ids: Type.Array(Type.String()),
  cidr: name,
  ...amounts,
  ranges: Type.Array(RangeSchema),
  /** One region's share of the subnet, all its ranges together: when that runs out is told, since a region gets addresses of any of them. */
  regions: Type.Array(
    Type.Object({ region: name, ranges: Type.Number(), ...amounts, forecast: Type.Optional(ForecastSchema) }),
  ),
  fragmentation: Type.Object({
    free: Type.Number({ description: "free addresses of all ranges" }),
    largest_free: Type.Number({ description: "free addresses of the range that has most of them" }),
    /** What of the free addresses lies elsewhere than in the range that has most: 0 when all lie in one. */
    share: Type.Number(),
  }),
  /** Ranges of different regions that have addresses in common: both regions may give out the same one. */
  overlaps: Type.Array(
    Type.Object({ regions: Type.Array(Type.String()), ranges: Type.Array(Type.String()), addresses: Type.Number() }),
  ),
});
export type CapacitySubnet = Static<typeof CapacitySubnetSchema>;

export const CapacitySubnetsResponse = Type.Object({
  at: EpochMsSchema,
  clusters: Type.Array(CapacityClusterSchema),
  /** That with the fullest range first. */
  subnets: Type.Array(CapacitySubnetSchema),
  found: Type.Number(),
});
export type CapacitySubnetsResponse = Static<typeof CapacitySubnetsResponse>;

export const HOURS_PER_WEEK = 168;

const ProfileSchema = Type.Object({
  /** By hour of the week, Monday 00:00 first; the value that 95 % of that hour's readings are at most. */
  p95: Type.Array(Type.Union([Type.Number(), Type.Null()])),
  /** Hours of the week with the largest values, the largest first. */
  busiest: Type.Array(Type.Object({ hour: Type.Number(), value: Type.Number() })),
});

export const CapacityPeaksResponse = Type.Object({
  at: EpochMsSchema,
  from: EpochMsSchema,
  /** Minutes that local time is ahead of UTC, as asked for. */
  offset_minutes: Type.Number(),
  /** Busiest first. */
  hosts: Type.Array(
    Type.Object({
      cluster: Type.String(),
      host: Type.String(),
      /** Share of all processors, 0 to 1. */
      cpu: ProfileSchema,
      /** Bits per second through the network cards, in and out together. */
      network: ProfileSchema,
    }),
  ),
  /** Hosts there are. */
  found: Type.Number(),
});
export type CapacityPeaksResponse = Static<typeof CapacityPeaksResponse>;
