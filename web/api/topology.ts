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

export const UpdatedElement = Type.Object({
  /** As it is in `to`. */
  element: ElementSchema,
  before: AttributesSchema,
  after: AttributesSchema,
});

export const DiffResponse = Type.Object({
  cluster: Type.String(),
  from: EpochMsSchema,
  to: EpochMsSchema,
  added: Type.Array(Type.Object({ element: ElementSchema, renamed_from: Type.Optional(Type.String()) })),
  removed: Type.Array(ElementSchema),
  updated: Type.Array(UpdatedElement),
  /** Elements whose parent or host changed; they are not in `updated`. */
  moved: Type.Array(UpdatedElement),
  /** Hosts whose agent was silent at either moment: what is missing there is unknown, not removed. */
  unknown_hosts: Type.Array(Type.String()),
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
