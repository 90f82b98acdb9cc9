import type { Static } from "typebox";
import type { EpochMs } from "../../../core/clock.ts";
import { type Element, LINK_KINDS, type LinkKind, NODE_KINDS, type NodeKind } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import type { Change, Subject } from "../../../topology/model/change.ts";
import type { RecordedChange } from "../../../topology/model/revision.ts";
import type { ChangeSchema, ElementSchema, RecordedChangeSchema, SubjectSchema } from "../../api/topology.ts";

/** Brands an instant that passed its schema. */
export function parseInstant(value: number): EpochMs {
  return value as EpochMs;
}

/** Brands an id that passed its schema, or came from the address bar. */
export function parseId(text: string): ElementId {
  return text as ElementId;
}

/** A kind this page does not know yet is drawn as a plain interface; a link of such a kind is not drawn. */
export function parseElement(wire: Static<typeof ElementSchema>): Element {
  if ("from" in wire) {
    const { id, kind, from, to, attributes } = wire;
    return { id: parseId(id), kind: parseLinkKind(kind), from: parseId(from), to: parseId(to), attributes };
  }
  const { id, kind, name, cluster, host, parent, attributes } = wire;
  return {
    id: parseId(id),
    kind: parseNodeKind(kind),
    name,
    cluster,
    host,
    parent: parent === undefined ? undefined : parseId(parent),
    attributes,
  };
}

export function parseChange(wire: Static<typeof ChangeSchema>): Change {
  switch (wire.kind) {
    case "add":
      return {
        kind: "add",
        element: parseElement(wire.element),
        renamedFrom: wire.renamed_from === undefined ? undefined : parseId(wire.renamed_from),
      };
    case "update":
      return {
        kind: "update",
        id: parseId(wire.id),
        subject: parseSubject(wire.subject),
        before: wire.before,
        after: wire.after,
      };
    case "remove":
      return { kind: "remove", element: parseElement(wire.element) };
  }
}

export function parseRecordedChange(wire: Static<typeof RecordedChangeSchema>): RecordedChange {
  const { revision, ordinal, at, known_at, cluster, origin, change } = wire;
  return {
    revision,
    ordinal,
    at: parseInstant(at),
    knownAt: parseInstant(known_at),
    cluster,
    origin,
    change: parseChange(change),
  };
}

export function parseSubject({ kind, name }: Static<typeof SubjectSchema>): Subject {
  return name === undefined ? { kind: parseLinkKind(kind) } : { kind: parseNodeKind(kind), name };
}

/** Kinds this page does not know yet are called plain interfaces. */
export function parseElementKind(text: string): Element["kind"] {
  return LINK_KIND_BY_NAME.get(text) ?? parseNodeKind(text);
}

const NODE_KIND_BY_NAME: ReadonlyMap<string, NodeKind> = new Map(NODE_KINDS.map((kind) => [kind, kind]));
const LINK_KIND_BY_NAME: ReadonlyMap<string, LinkKind> = new Map(LINK_KINDS.map((kind) => [kind, kind]));

function parseNodeKind(text: string): NodeKind {
  return NODE_KIND_BY_NAME.get(text) ?? "interface";
}

function parseLinkKind(text: string): LinkKind {
  return LINK_KIND_BY_NAME.get(text) ?? "owns";
}
