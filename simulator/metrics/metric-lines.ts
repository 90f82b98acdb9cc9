import type { Cloud, Host } from "../cloud/cloud.ts";
import { conntrackFigures } from "./conntrack-table.ts";
import { bgpPoints } from "./control-plane-points.ts";
import { eventPoints } from "./event-points.ts";
import { hostPoints } from "./host-points.ts";
import { lineOf, type SimulatedPoint } from "./line-of.ts";
import { fieldsLeftOut, type MetricSet } from "./metric-sets.ts";
import { processPoints } from "./process-points.ts";
import type { Moment } from "./rhythm.ts";
import { vmPoints } from "./vm-points.ts";
import { withWideFields } from "./wide-fields.ts";
import { widePoints } from "./wide-points.ts";

/** One sample of one host, but for the mesh. */
export function metricPoints(cloud: Cloud, host: Host, moment: Moment, set: MetricSet): readonly SimulatedPoint[] {
  const connections = conntrackFigures(cloud, host, moment);
  const usual = [
    ...hostPoints(cloud, host, moment, connections),
    ...processPoints(cloud, host, moment),
    ...bgpPoints(cloud, host, moment),
    ...eventPoints(host),
    ...vmPoints(cloud, host, moment, connections),
  ];
  return set === "all" ? withWideFields([...usual, ...widePoints(cloud, host, moment)]) : usual;
}

/** Points of a host as line protocol, each line without its time. */
export function metricLines({ name }: Host, points: readonly SimulatedPoint[], set: MetricSet): readonly string[] {
  return points.flatMap((point) => lineOf(point, name, fieldsLeftOut(set, point.measurement)) ?? []);
}
