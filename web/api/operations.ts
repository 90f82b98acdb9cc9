import { type Static, Type } from "typebox";
import { EpochMsSchema } from "./topology.ts";

/** A change that somebody made, or tried to. */
export const OperationSchema = Type.Object({
  /** Sorts by time. */
  id: Type.String(),
  at: EpochMsSchema,
  who: Type.String(),
  role: Type.String(),
  from: Type.String({ description: "address it was asked from" }),
  what: Type.String({ description: "incident.acknowledge, snapshot.create, element.declare …" }),
  trace_id: Type.String(),
  outcome: Type.Union([Type.Literal("begun"), Type.Literal("done"), Type.Literal("refused"), Type.Literal("failed")], {
    description: "begun: the process ended before anybody could say how it went",
  }),
  status: Type.Optional(Type.Number({ description: "HTTP status that was answered" })),
  code: Type.Optional(Type.String({ description: "code of the problem that was answered" })),
  cluster: Type.Optional(Type.String()),
  element: Type.Optional(Type.String({ description: "what it was done to" })),
  before: Type.Optional(Type.String({ description: "in short" })),
  after: Type.Optional(Type.String({ description: "in short" })),
  duration_ms: Type.Optional(Type.Number()),
});
export type OperationJson = Static<typeof OperationSchema>;

export const OperationsResponse = Type.Object({
  operations: Type.Array(OperationSchema),
  next: Type.Optional(Type.String({ description: "for `after`, to read on; absent at the end" })),
});
export type OperationsResponse = Static<typeof OperationsResponse>;
