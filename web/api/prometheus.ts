import { type Static, Type } from "typebox";

/** Shapes of the Prometheus HTTP API. Source: https://prometheus.io/docs/prometheus/latest/querying/api/ */

const LabelSet = Type.Record(Type.String(), Type.String());

export const PrometheusAlert = Type.Object({
  labels: LabelSet,
  annotations: LabelSet,
  state: Type.Union([Type.Literal("pending"), Type.Literal("firing"), Type.Literal("inactive")]),
  /** RFC 3339. */
  activeAt: Type.String(),
  /** RFC 3339; while `keep_firing_for` keeps an alert whose condition no longer holds. */
  keepFiringSince: Type.Optional(Type.String()),
  /** A number as text: JSON has neither NaN nor infinity. */
  value: Type.String(),
});
export type PrometheusAlert = Static<typeof PrometheusAlert>;

export const PrometheusRule = Type.Object({
  type: Type.Literal("alerting"),
  name: Type.String(),
  query: Type.String(),
  /** `for`, in seconds. */
  duration: Type.Number(),
  /** `keep_firing_for`, in seconds. */
  keepFiringFor: Type.Number(),
  labels: LabelSet,
  annotations: LabelSet,
  alerts: Type.Array(PrometheusAlert),
  state: PrometheusAlert.properties.state,
  health: Type.Union([Type.Literal("ok"), Type.Literal("err"), Type.Literal("unknown")]),
  lastError: Type.Optional(Type.String()),
  /** Seconds the last evaluation took. */
  evaluationTime: Type.Number(),
  lastEvaluation: Type.String(),
});
export type PrometheusRule = Static<typeof PrometheusRule>;

export const PrometheusRuleGroup = Type.Object({
  name: Type.String(),
  file: Type.String(),
  /** Seconds. */
  interval: Type.Number(),
  limit: Type.Number(),
  rules: Type.Array(PrometheusRule),
  evaluationTime: Type.Number(),
  lastEvaluation: Type.String(),
});
export type PrometheusRuleGroup = Static<typeof PrometheusRuleGroup>;

export const PrometheusError = Type.Object({
  status: Type.Literal("error"),
  errorType: Type.String(),
  error: Type.String(),
  /** Not Prometheus': what to do about it. */
  hint: Type.Optional(Type.String()),
});
export type PrometheusError = Static<typeof PrometheusError>;

/** Parameters of every path, in the query string or in a form-encoded body. */
export const PrometheusParameters = Type.Object({
  query: Type.Optional(Type.String({ description: "PromQL" })),
  time: Type.Optional(Type.String({ description: "RFC 3339 or epoch seconds; now when absent" })),
  start: Type.Optional(Type.String({ description: "RFC 3339 or epoch seconds" })),
  end: Type.Optional(Type.String({ description: "RFC 3339 or epoch seconds" })),
  step: Type.Optional(Type.String({ description: "a duration such as 15s, or seconds" })),
  timeout: Type.Optional(Type.String({ description: "a duration; the server has its own, smaller one counts" })),
  lookback_delta: Type.Optional(Type.String({ description: "a duration; 5m when absent" })),
  limit: Type.Optional(Type.String({ description: "most entries to answer with; 0 means all" })),
  metric: Type.Optional(Type.String()),
});
