import type { Shown } from "../exported-metrics.ts";
import type { FieldOf, VariableSpec } from "../panel.ts";

/** Axis of a panel of shares. */
export const PERCENT = { unit: "percent", min: 0, max: 100 } as const;

/** The clusters in which this field is written. */
export function clusterOf<M extends Shown>(measurement: M, field: FieldOf<M>): VariableSpec {
  return { tag: "cluster", label: "Cluster", measurement, field, multi: false };
}

/** Several clusters side by side. */
export function everyCluster<M extends Shown>(measurement: M, field: FieldOf<M>): VariableSpec {
  return { ...clusterOf(measurement, field), multi: true };
}

export const CLUSTER = clusterOf("system", "load1");

/** The hosts that write this field. */
export function hostOf<M extends Shown>(measurement: M, field: FieldOf<M>): VariableSpec {
  return { tag: "host", label: "Host", measurement, field, multi: false };
}

/** Zones as the topology has them; the hosts offered are those of the zone chosen. */
export const ZONE: VariableSpec = { tag: "zone", label: "Zone", measurement: "cloud_host", field: "up", multi: true };

/** The hosts of the zones chosen. */
export const HOST = hostOf("cloud_host", "up");
