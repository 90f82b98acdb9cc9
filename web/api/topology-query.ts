import { type Static, Type } from "typebox";
import type { AttributeValue } from "../../core/element.ts";
import { AttributesSchema, ChangeSchema, ElementSchema, EpochMsSchema, LinkSchema, NodeSchema } from "./topology.ts";

export const PathHop = Type.Object({
  /** The element that this hop leads to; for the first stop of a path, where it begins. */
  element: NodeSchema,
  /** Absent for the first stop. */
  reason: Type.Optional(
    Type.Object({
      /** `parent`: the element holds the one before; `child`: the other way round. */
      kind: Type.Union([Type.Literal("link"), Type.Literal("parent"), Type.Literal("child"), Type.Literal("tunnel")]),
      link: Type.Optional(LinkSchema),
      /** One sentence. */
      text: Type.String(),
    }),
  ),
});

export const PathResponse = Type.Object({
  cluster: Type.String(),
  at: EpochMsSchema,
  from: Type.String(),
  to: Type.String(),
  /** From `from` to `to`, both included. */
  stops: Type.Array(PathHop),
  /** False when something of that moment may not have been found, so that a shorter way may have been there. */
  complete: Type.Boolean(),
});
export type PathResponse = Static<typeof PathResponse>;

export const TopologyQuery = Type.Object(
  {
    /** As `G.V().Has('Type', 'host').Count()`; docs/gremlin.md. */
    query: Type.String({ minLength: 1, maxLength: 10_000 }),
    cluster: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type TopologyQuery = Static<typeof TopologyQuery>;

const AttributeValueSchema = Type.Unsafe<AttributeValue>(
  Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Array(Type.Union([Type.String(), Type.Number()]))]),
);

/** Of a list no more than 10,000 rows are sent; `total` counts all. */
const common = {
  cluster: Type.String(),
  /** False when something of the past may be missing, because too much has changed since. */
  complete: Type.Boolean(),
};
const listed = { ...common, total: Type.Number() };

export const TopologyQueryResponse = Type.Union([
  Type.Object({ kind: Type.Literal("elements"), ...listed, elements: Type.Array(ElementSchema) }),
  Type.Object({
    kind: Type.Literal("values"),
    ...listed,
    values: Type.Array(Type.Union([AttributeValueSchema, AttributesSchema])),
  }),
  Type.Object({ kind: Type.Literal("count"), ...common, count: Type.Number() }),
  Type.Object({ kind: Type.Literal("paths"), ...listed, paths: Type.Array(Type.Array(NodeSchema)) }),
  Type.Object({ kind: Type.Literal("changes"), ...listed, changes: Type.Array(ChangeSchema) }),
]);
export type TopologyQueryResponse = Static<typeof TopologyQueryResponse>;
