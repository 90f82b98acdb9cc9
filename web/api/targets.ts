import { type Static, Type } from "typebox";

const LabelSet = Type.Record(Type.String(), Type.String());

/** A target as Prometheus' `/api/v1/targets` tells it, and what we know besides. */
export const PrometheusTarget = Type.Object({
  discoveredLabels: LabelSet,
  labels: LabelSet,
  scrapePool: Type.String(),
  scrapeUrl: Type.String(),
  globalUrl: Type.String(),
  /** Empty when there was none. */
  lastError: Type.String(),
  /** RFC 3339; `0001-01-01T00:00:00Z` before the first one. */
  lastScrape: Type.String(),
  /** Seconds. */
  lastScrapeDuration: Type.Number(),
  health: Type.Union([Type.Literal("up"), Type.Literal("down"), Type.Literal("unknown")]),
  scrapeInterval: Type.String(),
  scrapeTimeout: Type.String(),
  /** Not Prometheus': how it is asked, what it gave, and what to do about the error. */
  kind: Type.Union([Type.Literal("scrape"), Type.Literal("snmp")]),
  lastSamples: Type.Number(),
  hint: Type.Optional(Type.String()),
});
export type PrometheusTarget = Static<typeof PrometheusTarget>;
