import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { dividedOf, numberOf } from "./number-text.ts";

export const PRESSURE_RESOURCES = ["cpu", "memory", "io"] as const;
export type PressureResource = (typeof PRESSURE_RESOURCES)[number];

/** From /proc/pressure/<resource>: a line `some` and, except for cpu before Linux 5.13, a line `full`. */
export function pressurePoints(resource: PressureResource, text: string, at: EpochMs): readonly Point[] {
  const points: Point[] = [];
  for (const line of text.split("\n")) {
    const [type = "", ...pairs] = line.split(" ");
    if (type === "") continue;
    const values = new Map(pairs.map((pair): [string, string] => splitPair(pair)));
    points.push({
      measurement: "pressure",
      tags: { resource, type },
      fields: {
        total_s: dividedOf(values.get("total"), 1e6),
        avg10: numberOf(values.get("avg10")),
        avg60: numberOf(values.get("avg60")),
      },
      at,
    });
  }
  return points;
}

function splitPair(pair: string): [string, string] {
  const equals = pair.indexOf("=");
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}
