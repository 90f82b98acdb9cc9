import { type Static, Type } from "typebox";
import type { Attributes } from "../../core/element.ts";

/** Epoch milliseconds. */
export const EpochMsSchema = Type.Number({ description: "epoch milliseconds" });

const AttributeValueSchema = Type.Union([
  Type.String(),
  Type.Number(),
  Type.Boolean(),
  Type.Array(Type.Union([Type.String(), Type.Number()])),
]);
export const AttributesSchema = Type.Unsafe<Attributes>(Type.Record(Type.String(), AttributeValueSchema));

export const NodeSchema = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  name: Type.String(),
  cluster: Type.String(),
  host: Type.Optional(Type.String()),
  parent: Type.Optional(Type.String()),
  attributes: AttributesSchema,
});
export const LinkSchema = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  from: Type.String(),
  to: Type.String(),
  attributes: AttributesSchema,
});
export const ElementSchema = Type.Union([LinkSchema, NodeSchema]);

export const SubjectSchema = Type.Object({ kind: Type.String(), name: Type.Optional(Type.String()) });

export const ChangeSchema = Type.Union([
  Type.Object({
    kind: Type.Literal("add"),
    element: ElementSchema,
    renamed_from: Type.Optional(Type.String()),
  }),
  Type.Object({
    kind: Type.Literal("update"),
    id: Type.String(),
    /** Kind and, for nodes, name of the element. */
    subject: SubjectSchema,
    before: AttributesSchema,
    after: AttributesSchema,
  }),
  Type.Object({ kind: Type.Literal("remove"), element: ElementSchema }),
]);

export const TopologyResponse = Type.Object({
  cluster: Type.String(),
  /** The moment asked for; for the live state, the server's now. */
  at: EpochMsSchema,
  /** The last revision that happened at or before `at`; 0 before the first. */
  revision: Type.Number(),
  /** When the recorded history of this cluster begins; absent when there is none yet. */
  history_begins_at: Type.Optional(EpochMsSchema),
  elements: Type.Array(ElementSchema),
});
export type TopologyResponse = Static<typeof TopologyResponse>;

const ChangedFields = {
  id: Type.String(),
  kind: Type.String(),
  /** Absent for links. */
  name: Type.Optional(Type.String()),
  /** The host whose agent tells of it. */
  host: Type.Optional(Type.String()),
  /** The attributes that differ and no others; `@host`, `@parent` and `@name` are the element's own fields. */
  before: AttributesSchema,
  after: AttributesSchema,
};
export const UpdatedElement = Type.Object(ChangedFields);
export const MovedElement = Type.Object({
  ...ChangedFields,
  /** Where moving gave it another id: as it was in `from`, and as it is in `to`. */
  former: Type.Optional(ElementSchema),
  element: Type.Optional(ElementSchema),
});
export const AddedElement = Type.Object({
  element: ElementSchema,
  /** Its id in `from`; that one is not in `removed`. */
  renamed_from: Type.Optional(Type.String()),
  /** What a renamed element changed besides. */
  before: Type.Optional(AttributesSchema),
  after: Type.Optional(AttributesSchema),
});

const AttributeDeltaSchema = Type.Union([
  Type.Object({
    kind: Type.Literal("value"),
    name: Type.String(),
    before: Type.Optional(AttributeValueSchema),
    after: Type.Optional(AttributeValueSchema),
  }),
  Type.Object({
    kind: Type.Literal("list"),
    name: Type.String(),
    lost: Type.Array(Type.Union([Type.String(), Type.Number()])),
    gained: Type.Array(Type.Union([Type.String(), Type.Number()])),
  }),
]);
const Roots = { subject: SubjectSchema, roots: Type.Array(Type.String()) };
export const CauseSchema = Type.Union([
  /** The roots went, and with them what stood in them and the links that ended there. */
  Type.Object({ kind: Type.Literal("gone"), ...Roots }),
  Type.Object({ kind: Type.Literal("appeared"), ...Roots }),
  /** `from` and `to`: ids of hosts, or of the namespaces, racks or bridges it stood in. */
  Type.Object({
    kind: Type.Literal("moved"),
    ...Roots,
    from: Type.Optional(Type.String()),
    to: Type.Optional(Type.String()),
  }),
  Type.Object({ kind: Type.Literal("renamed"), ...Roots, from: Type.String() }),
  /** The agent was silent: what is missing there is unknown. */
  Type.Object({ kind: Type.Literal("silent"), host: Type.String() }),
  /** The same attributes changed the same way. */
  Type.Object({
    kind: Type.Literal("changed"),
    kinds: Type.Array(Type.String()),
    deltas: Type.Array(AttributeDeltaSchema),
  }),
]);
export const DiffCounts = Type.Object({
  added: Type.Number(),
  removed: Type.Number(),
  updated: Type.Number(),
  moved: Type.Number(),
  unknown: Type.Number(),
});
export const DiffGroup = Type.Object({
  cause: CauseSchema,
  counts: DiffCounts,
  /** Ids of the rows of `added`, `removed`, `updated`, `moved` and `unknown` it folds. */
  members: Type.Array(Type.String()),
  /** Attributes of members that the cause does not explain. */
  besides: Type.Array(Type.Object({ id: Type.String(), names: Type.Array(Type.String()) })),
});
export type DiffGroup = Static<typeof DiffGroup>;

export const DiffResponse = Type.Object({
  cluster: Type.String(),
  from: EpochMsSchema,
  to: EpochMsSchema,
  counts: DiffCounts,
  /** Hosts whose agent was silent at either moment, as far as they matter here. */
  unknown_hosts: Type.Array(Type.String()),
  added: Type.Array(AddedElement),
  removed: Type.Array(ElementSchema),
  updated: Type.Array(UpdatedElement),
  /** The same thing in another place; they are not among the others. */
  moved: Type.Array(MovedElement),
  /** Missing in `to` on hosts whose agent was silent: not removed. */
  unknown: Type.Array(ElementSchema),
  /** The same rows by what caused them, each in exactly one; the weightiest first. Absent with `group=false`. */
  groups: Type.Optional(Type.Array(DiffGroup)),
});
export type DiffResponse = Static<typeof DiffResponse>;

export const RecordedChangeSchema = Type.Object({
  revision: Type.Number(),
  ordinal: Type.Number(),
  at: EpochMsSchema,
  known_at: EpochMsSchema,
  cluster: Type.String(),
  origin: Type.String(),
  change: ChangeSchema,
});

export const ChangesResponse = Type.Object({
  changes: Type.Array(RecordedChangeSchema),
  /** Give it as `after` to get the next page; absent on the last one. */
  next: Type.Optional(Type.String()),
});
export type ChangesResponse = Static<typeof ChangesResponse>;

export const DensityResponse = Type.Object({
  from: EpochMsSchema,
  to: EpochMsSchema,
  buckets: Type.Array(
    Type.Object({
      from: EpochMsSchema,
      to: EpochMsSchema,
      added: Type.Number(),
      updated: Type.Number(),
      removed: Type.Number(),
    }),
  ),
});
export type DensityResponse = Static<typeof DensityResponse>;

export const ElementResponse = Type.Object({ at: EpochMsSchema, element: ElementSchema });
export type ElementResponse = Static<typeof ElementResponse>;

export const NeighboursResponse = Type.Object({
  at: EpochMsSchema,
  root: Type.String(),
  /** The element itself, what is reached within `depth` hops, and the links between them. */
  elements: Type.Array(ElementSchema),
});
export type NeighboursResponse = Static<typeof NeighboursResponse>;

export const SnapshotSchema = Type.Object({
  name: Type.String(),
  cluster: Type.String(),
  at: EpochMsSchema,
  revision: Type.Number(),
  created_at: EpochMsSchema,
  created_by: Type.String(),
  note: Type.String(),
});
export const SnapshotsResponse = Type.Object({ snapshots: Type.Array(SnapshotSchema) });
export type SnapshotsResponse = Static<typeof SnapshotsResponse>;

export const NewSnapshot = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$" }),
    cluster: Type.Optional(Type.String()),
    /** Any time expression; now when left out. */
    at: Type.Optional(Type.String()),
    note: Type.Optional(Type.String({ maxLength: 1000 })),
  },
  { additionalProperties: false },
);
export type NewSnapshot = Static<typeof NewSnapshot>;
