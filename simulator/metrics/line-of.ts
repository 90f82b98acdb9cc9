import { AGENT_METRICS, type MeasurementSpec } from "../../core/metric-catalogue.ts";

/** What is measured, without its time. */
export interface SimulatedPoint {
  readonly measurement: string;
  readonly tags: { readonly [tag: string]: string };
  readonly fields: { readonly [field: string]: SimulatedValue };
}

/** Undefined: not told. */
export type SimulatedValue = number | { readonly int: number } | undefined;

/** Tags of each measurement in the order they are written in: the host's name among them. */
const TAGS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<MeasurementSpec>(AGENT_METRICS).map(([name, { tags }]) => [name, [...tags, "host"].sort()]),
);

/**
 * A line without its time, as `formatPoint` of core/line-protocol.ts writes it: but nothing is escaped, since this cloud
 * has plain names only, which is most of the work. Undefined when no field has a value. Throws for a measurement or a tag
 * that is not in the catalogue.
 */
export function lineOf(
  { measurement, tags, fields }: SimulatedPoint,
  host: string,
  leftOut: ReadonlySet<string>,
): string | undefined {
  const parts: string[] = [];
  for (const name in fields) {
    if (leftOut.has(name)) continue;
    const value = fieldText(fields[name]);
    if (value !== undefined) parts.push(`${name}=${value}`);
  }
  if (parts.length === 0) return undefined;
  // Joined, not added up: a text that was added up is kept in its pieces until it is read, at ten times its size.
  return `${headOf(measurement, tags, host)} ${parts.join(",")}`;
}

function headOf(measurement: string, tags: SimulatedPoint["tags"], host: string): string {
  const names = TAGS.get(measurement);
  if (names === undefined) throw new Error(`no measurement ${measurement} in the catalogue`);
  const parts = [measurement];
  for (const name of names) {
    const value = name === "host" ? host : tags[name];
    if (value !== undefined && value !== "") parts.push(`${name}=${value}`);
  }
  for (const name in tags)
    if (!names.includes(name)) throw new Error(`no tag ${name} of ${measurement} in the catalogue`);
  return parts.join(",");
}

function fieldText(value: SimulatedValue): string | undefined {
  if (typeof value === "object") return `${Math.trunc(value.int)}i`;
  return value === undefined ? undefined : String(value);
}
