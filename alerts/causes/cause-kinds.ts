import type { Sign } from "./symptom.ts";

export type CauseKindName =
  | ("collector" | "zone" | "rack" | "switch" | "host" | "control_plane" | "agent" | "open_vswitch")
  | ("network_node" | "conntrack" | "memory");

/** One kind of cause: how it is recognised, and what it explains. */
export interface CauseKind {
  readonly name: CauseKindName;
  /** Signs that say it outright, about the element they are about. */
  readonly statedBy: readonly Sign[];
  /** Recognised by most parts of a place being down at once; a part alone is its own cause. */
  readonly inferredFrom: Inference | undefined;
  /** Signs of what is part of it. */
  readonly explainsWithin: readonly Sign[];
  /** Signs of what needs it, or something that is part of it. */
  readonly explainsNeeds: readonly Sign[];
}

export interface Inference {
  /** Places whose ids have this form. */
  readonly place: RegExp;
  /** Of which kind of cause its parts must be, or the sign they must show. */
  readonly parts: { readonly kind: CauseKindName } | { readonly sign: Sign };
}

const LOST: readonly Sign[] = ["host_down", "agent_silent", "link_down", "unreachable", "no_data"];
const RUNNING: readonly Sign[] = ["machine_down", "process_down", "switch_down"];

/** The furthest upstream first: of two that explain the same, the one further up is the cause. */
export const CAUSE_KINDS: readonly CauseKind[] = [
  {
    name: "zone",
    statedBy: [],
    inferredFrom: { place: /^region\/[^/]+\/zone\/[^/]+$/, parts: { kind: "rack" } },
    explainsWithin: [...LOST, ...RUNNING],
    explainsNeeds: ["unreachable", "no_data"],
  },
  {
    name: "rack",
    statedBy: [],
    inferredFrom: { place: /^region\/[^/]+\/zone\/[^/]+\/rack\/[^/]+$/, parts: { kind: "host" } },
    explainsWithin: [...LOST, ...RUNNING],
    explainsNeeds: ["unreachable", "no_data"],
  },
  {
    name: "switch",
    statedBy: [],
    inferredFrom: { place: /^switch\/[^/]+$/, parts: { sign: "link_down" } },
    explainsWithin: [],
    explainsNeeds: ["link_down", "unreachable"],
  },
  {
    name: "host",
    statedBy: ["host_down"],
    inferredFrom: undefined,
    explainsWithin: [...LOST, ...RUNNING],
    explainsNeeds: ["unreachable", "no_data"],
  },
  {
    name: "control_plane",
    statedBy: ["broker_down"],
    inferredFrom: undefined,
    explainsWithin: [],
    explainsNeeds: ["unreachable"],
  },
  {
    name: "agent",
    statedBy: ["agent_silent"],
    inferredFrom: undefined,
    explainsWithin: ["no_data"],
    explainsNeeds: [],
  },
  {
    name: "open_vswitch",
    statedBy: ["switch_down"],
    inferredFrom: undefined,
    explainsWithin: ["unreachable", "process_down"],
    explainsNeeds: ["unreachable"],
  },
  {
    name: "memory",
    statedBy: ["memory_low"],
    inferredFrom: undefined,
    explainsWithin: ["machine_down", "process_down"],
    explainsNeeds: [],
  },
  {
    name: "conntrack",
    statedBy: ["table_full"],
    inferredFrom: undefined,
    explainsWithin: ["unreachable"],
    explainsNeeds: ["unreachable"],
  },
  {
    name: "network_node",
    statedBy: ["node_busy"],
    inferredFrom: undefined,
    explainsWithin: ["unreachable"],
    explainsNeeds: ["unreachable"],
  },
];
