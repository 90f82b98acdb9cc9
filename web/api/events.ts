import { type Static, Type } from "typebox";
import { AttributesSchema, EpochMsSchema } from "./topology.ts";

export const EventSeveritySchema = Type.Union([
  Type.Literal("info"),
  Type.Literal("warning"),
  Type.Literal("critical"),
]);

export const EventSchema = Type.Object({
  /** Unique within a host. */
  id: Type.String(),
  cluster: Type.String(),
  at: EpochMsSchema,
  known_at: EpochMsSchema,
  host: Type.String(),
  kind: Type.String({ description: "vm-crashed, link-down, log-match …" }),
  element: Type.String({ description: "what it happened to; it need not be in the topology" }),
  severity: EventSeveritySchema,
  text: Type.String(),
  attributes: AttributesSchema,
});
export type EventSchema = Static<typeof EventSchema>;

export const EventsResponse = Type.Object({
  /** Newest first. */
  events: Type.Array(EventSchema),
  next: Type.Optional(Type.String()),
});
export type EventsResponse = Static<typeof EventsResponse>;

export const EventDensityResponse = Type.Object({
  from: EpochMsSchema,
  to: EpochMsSchema,
  buckets: Type.Array(
    Type.Object({
      from: EpochMsSchema,
      to: EpochMsSchema,
      info: Type.Integer(),
      warning: Type.Integer(),
      critical: Type.Integer(),
    }),
  ),
});
export type EventDensityResponse = Static<typeof EventDensityResponse>;
