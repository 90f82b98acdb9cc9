import type { EpochMs } from "../../core/clock.ts";
import type { Labels } from "../../core/series.ts";
import type { TraceContext } from "../../core/trace.ts";
import type { AlertState } from "./step.ts";

/** One active alert: a rule and a set of labels. Kept durably, pending ones too. */
export interface AlertRecord {
  readonly id: string;
  readonly ruleId: string;
  readonly group: string;
  readonly rule: string;
  /** The expression that last saw it breach. */
  readonly expr: string;
  /** With the rule's own labels and `alertname`. */
  readonly labels: Labels;
  /** As the expression returned them, without the metric's name. */
  readonly sourceLabels: Labels;
  readonly annotations: { readonly [name: string]: string };
  /** At the last breach. */
  readonly value: number;
  readonly state: ActiveState;
  /** Of the write that it began with, else its own; undefined for one that was kept before there were any. */
  readonly trace: TraceContext | undefined;
  /** Set while it fires. */
  readonly incidentId: string | undefined;
}

export type ActiveState = Exclude<AlertState, { kind: "inactive" }>;

export type ResolvedBecause = "recovered" | "element_deleted" | "rule_changed" | "rule_removed";

/** What one evaluation or reload does to one alert. */
export interface AlertChange {
  readonly id: string;
  readonly before: AlertRecord | undefined;
  /** Undefined: no longer active. */
  readonly after: AlertRecord | undefined;
  readonly event: IncidentEvent | undefined;
}

export type IncidentEvent =
  | { readonly kind: "fired"; readonly at: EpochMs; readonly incidentId: string; readonly record: AlertRecord }
  | {
      readonly kind: "resolved";
      readonly at: EpochMs;
      readonly incidentId: string;
      readonly because: ResolvedBecause;
    };
