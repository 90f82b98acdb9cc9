import type { Attributes, AttributeValue, Element } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import type { Subject } from "../change.ts";

/**
 * What differs between two moments, as people read it: flat, and the same rows again by what caused them. Every row is in
 * exactly one group; an id is in one group only.
 */
export interface Comparison {
  readonly added: readonly AddedRow[];
  readonly removed: readonly RemovedRow[];
  readonly updated: readonly UpdatedRow[];
  /** The same thing in another place; not among the added, removed and updated. */
  readonly moved: readonly MovedRow[];
  /** Missing at the later moment on hosts whose agent was silent at one of the two. */
  readonly unknown: readonly UnknownRow[];
  readonly groups: readonly Group[];
}

export type Row = AddedRow | RemovedRow | UpdatedRow | MovedRow | UnknownRow;

export interface AddedRow {
  readonly kind: "added";
  readonly id: ElementId;
  readonly element: Element;
  /** Its id at the earlier moment; that one is not among the removed. */
  readonly renamedFrom?: ElementId | undefined;
  /** What a renamed element changed besides its name. */
  readonly before: Attributes;
  readonly after: Attributes;
}

export interface RemovedRow {
  readonly kind: "removed";
  readonly id: ElementId;
  readonly element: Element;
}

export interface UnknownRow {
  readonly kind: "unknown";
  readonly id: ElementId;
  readonly element: Element;
}

export interface UpdatedRow {
  readonly kind: "updated";
  readonly id: ElementId;
  readonly subject: Subject;
  readonly host?: string | undefined;
  readonly before: Attributes;
  readonly after: Attributes;
}

export interface MovedRow {
  readonly kind: "moved";
  /** At the later moment. */
  readonly id: ElementId;
  readonly subject: Subject;
  readonly host?: string | undefined;
  readonly before: Attributes;
  readonly after: Attributes;
  /** Where moving gave it another id: as it was and as it is. Otherwise its parent or host changed. */
  readonly pair?: { readonly former: Element; readonly element: Element } | undefined;
}

export interface Group {
  readonly cause: Cause;
  readonly members: readonly Row[];
  /** Attributes of members that the cause does not explain, so that folding hides nothing. */
  readonly besides: readonly { readonly id: ElementId; readonly names: readonly string[] }[];
}

/** Why rows changed together. Several `roots`: the same on several hosts. */
export type Cause =
  /** The roots went, and with them what stood in them and the links that ended there. */
  | { readonly kind: "gone"; readonly subject: Subject; readonly roots: readonly ElementId[] }
  | { readonly kind: "appeared"; readonly subject: Subject; readonly roots: readonly ElementId[] }
  /** From a host to another, from a namespace, rack or bridge to another: `from` and `to` are those. */
  | {
      readonly kind: "moved";
      readonly subject: Subject;
      readonly roots: readonly ElementId[];
      readonly from?: ElementId | undefined;
      readonly to?: ElementId | undefined;
    }
  | {
      readonly kind: "renamed";
      readonly subject: Subject;
      readonly roots: readonly ElementId[];
      readonly from: ElementId;
    }
  /** The agent of a host was silent: what is missing there is unknown. */
  | { readonly kind: "silent"; readonly host: string }
  /** The same attributes changed the same way. */
  | {
      readonly kind: "changed";
      readonly kinds: readonly Subject["kind"][];
      readonly deltas: readonly AttributeDelta[];
    };

/** Lists say what they lost and gained, other values what they were and are. */
export type AttributeDelta =
  | {
      readonly kind: "value";
      readonly name: string;
      readonly before: AttributeValue | undefined;
      readonly after: AttributeValue | undefined;
    }
  | {
      readonly kind: "list";
      readonly name: string;
      readonly lost: readonly (string | number)[];
      readonly gained: readonly (string | number)[];
    };

export function rowKind(row: Row): Element["kind"] {
  return row.kind === "updated" || row.kind === "moved" ? row.subject.kind : row.element.kind;
}
