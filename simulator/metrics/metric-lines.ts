import { epochMsOf } from "../../core/clock.ts";
import { formatPoint } from "../../core/line-protocol.ts";
import type { Cloud, Host } from "../cloud/cloud.ts";
import { hostPoints } from "./host-points.ts";
import type { Moment } from "./rhythm.ts";
import { vmPoints } from "./vm-points.ts";

/** One sample of one host as line protocol, each line without its time. */
export function metricLines(cloud: Cloud, host: Host, moment: Moment): readonly string[] {
  const lines: string[] = [];
  for (const point of [...hostPoints(cloud, host, moment), ...vmPoints(cloud, host, moment)]) {
    const line = formatPoint({ ...point, tags: { ...point.tags, host: host.name }, at: epochMsOf(0) });
    if (line !== undefined) lines.push(line.slice(0, line.lastIndexOf(" ")));
  }
  return lines;
}
