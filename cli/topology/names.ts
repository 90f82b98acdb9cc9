import type { Static } from "typebox";
import type { AttributesSchema, ElementSchema } from "../../web/api/topology.ts";

// How elements and values are called on a terminal.

export type WireElement = Static<typeof ElementSchema>;
export type WireAttributes = Static<typeof AttributesSchema>;
export type WireValue = WireAttributes[string] | undefined;

export interface Named {
  readonly id: string;
  readonly kind: string;
  readonly name?: string | undefined;
}

/**
 * Kind and id, which can be pasted into the next question, and the name where the id does not tell it:
 * `vm vm/5c1a… (web-1)`.
 */
export function fullNameOf(element: WireElement | Named): string {
  const { kind, id } = element;
  if ("from" in element) return `${kind} ${element.from} -- ${element.to}`;
  const { name } = element;
  return name === undefined || lastPartOf(id) === name ? `${kind} ${id}` : `${kind} ${id} (${name})`;
}

/** Kind and name, and the host when it says more: `tap tap0a1b2c3d-4e on c-12`. */
export function shortNameOf({ id, kind, name }: Named): string {
  if (name === undefined) return `${kind} ${decoded(id)}`;
  const host = kind === "host" || kind === "agent" ? undefined : hostIn(id);
  return host === undefined ? `${kind} ${name}` : `${kind} ${name} on ${host}`;
}

/** The host an id begins with. */
export function hostIn(id: string): string | undefined {
  const host = /^host\/([^/]+)\//.exec(id)?.[1];
  return host === undefined ? undefined : decodeURIComponent(host);
}

/** The last part of an id: the name of a place, and of most other things. */
export function lastPartOf(id: string | undefined): string {
  return id === undefined ? "?" : decoded(id.split("/").at(-1) ?? id);
}

export function valueText(value: WireValue): string {
  if (value === undefined) return "(none)";
  return typeof value === "string" ? value || '""' : JSON.stringify(value);
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `2026-01-31 02:41:00.123Z`; a file name stays sortable by it. */
export function timeText(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace(".000Z", "Z");
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
