import { type Static, Type } from "typebox";
import { EpochMsSchema } from "./topology.ts";

export const SeveritySchema = Type.Union([Type.Literal("critical"), Type.Literal("warning"), Type.Literal("info")]);
export type Severity = Static<typeof SeveritySchema>;

export const IncidentSchema = Type.Object({
  id: Type.String(),
  state: Type.Union([Type.Literal("firing"), Type.Literal("resolved")]),
  severity: SeveritySchema,
  /** Name of the alert rule. */
  rule: Type.String(),
  /** One line in the words of the rule's `summary` annotation. */
  summary: Type.String(),
  description: Type.String(),
  labels: Type.Record(Type.String(), Type.String()),
  /** The element the labels point at, when the topology knows it. */
  element: Type.Optional(Type.String()),
  cluster: Type.Optional(Type.String()),
  value: Type.Optional(Type.Number()),
  started_at: EpochMsSchema,
  resolved_at: Type.Optional(EpochMsSchema),
  resolved_because: Type.Optional(
    Type.Union([
      Type.Literal("recovered"),
      /** What the alert was about is no longer there. */
      Type.Literal("element_deleted"),
      Type.Literal("rule_removed"),
      Type.Literal("rule_changed"),
    ]),
  ),
  acknowledged_at: Type.Optional(EpochMsSchema),
  acknowledged_by: Type.Optional(Type.String()),
  /** Of the request that acknowledged it. */
  acknowledged_trace_id: Type.Optional(Type.String()),
  /** Under which logs and streams have it; absent for incidents of before there were traces. */
  trace_id: Type.Optional(Type.String()),
  /** What became of the messages, newest last. */
  notifications: Type.Array(
    Type.Object({
      receiver: Type.String(),
      event: Type.Union([Type.Literal("fired"), Type.Literal("resolved")]),
      state: Type.Union([Type.Literal("waiting"), Type.Literal("sent"), Type.Literal("given_up")]),
      attempts: Type.Number(),
      last_error: Type.Optional(Type.String()),
      sent_at: Type.Optional(EpochMsSchema),
    }),
  ),
});
export type Incident = Static<typeof IncidentSchema>;

export const IncidentsResponse = Type.Object({ incidents: Type.Array(IncidentSchema) });
export type IncidentsResponse = Static<typeof IncidentsResponse>;
