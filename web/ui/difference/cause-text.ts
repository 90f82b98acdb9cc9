import { isLink } from "../../../core/element.ts";
import { type ElementId, ownerHostOf, segmentsOf } from "../../../core/element-id.ts";
import type { AttributeDelta, Cause, Group, Row } from "../../../topology/model/comparison/comparison.ts";
import type { Texts } from "../text/en.ts";

export interface RowText {
  readonly label: string;
  /** Beside the label, quieter. */
  readonly note: string;
}

export interface RowStyle {
  readonly nameOf: (id: ElementId) => string;
  readonly withPlace: boolean;
}

/** What happened, in one line. */
export function groupText({ cause, members }: Group, texts: Texts): RowText {
  const { difference, kinds } = texts;
  const count = members.length > 1 ? difference.elements(members.length) : undefined;
  switch (cause.kind) {
    case "gone":
    case "appeared":
      return { label: rootName(cause), note: joined([kinds[cause.subject.kind], rootPlace(cause, texts), count]) };
    case "moved": {
      const way = difference.fromTo(placeName(cause.from), placeName(cause.to));
      const name = cause.roots.length > 1 ? `${cause.roots.length} × ${kinds[cause.subject.kind]}` : rootName(cause);
      return {
        label: name,
        note: joined([cause.roots.length > 1 ? undefined : kinds[cause.subject.kind], way, count]),
      };
    }
    case "renamed":
      return { label: rootName(cause), note: joined([difference.formerName(placeName(cause.from)), count]) };
    case "silent":
      return { label: cause.host, note: joined([difference.agentSilent, count]) };
    case "changed":
      return {
        label: cause.deltas.map((delta) => deltaText(delta, texts)).join(" · "),
        note: joined([cause.kinds.map((kind) => kinds[kind]).join(", "), count]),
      };
  }
}

/** One row of a group, or a change that stands alone. `withPlace`: where it is, or from where to where it went. */
export function rowText(row: Row, { kinds, difference }: Texts, { nameOf, withPlace }: RowStyle): RowText {
  const kind = kinds[row.kind === "updated" || row.kind === "moved" ? row.subject.kind : row.element.kind];
  const host = ownerHostOf(row.id);
  const former = row.kind === "moved" && row.pair !== undefined ? ownerHostOf(row.pair.former.id) : undefined;
  const way = former !== undefined && host !== undefined && former !== host ? difference.fromTo(former, host) : host;
  return { label: rowName(row, nameOf), note: joined([kind, withPlace ? way : undefined]) };
}

/** A link is called by what it connects. */
function rowName(row: Row, nameOf: RowStyle["nameOf"]): string {
  const linkName = (from: ElementId, to: ElementId): string => `${nameOf(from)} – ${nameOf(to)}`;
  if (row.kind === "updated" || row.kind === "moved") {
    const link = row.kind === "moved" && row.pair !== undefined ? row.pair.element : undefined;
    if (link !== undefined && isLink(link)) return linkName(link.from, link.to);
    return row.subject.name ?? lastSegment(row.id);
  }
  return isLink(row.element) ? linkName(row.element.from, row.element.to) : row.element.name;
}

function rootName({ subject, roots }: Extract<Cause, { readonly roots: readonly ElementId[] }>): string {
  const [root] = roots;
  return subject.name ?? (root === undefined ? "" : lastSegment(root));
}

/** The host, or how many there are; nothing for what is a host itself or belongs to none. */
function rootPlace({ roots }: Extract<Cause, { kind: "gone" | "appeared" }>, texts: Texts): string | undefined {
  const [root] = roots;
  if (roots.length > 1) return texts.difference.onHosts(roots.length);
  return root === undefined || segmentsOf(root).length <= 2 ? undefined : ownerHostOf(root);
}

function deltaText(delta: AttributeDelta, { difference, details }: Texts): string {
  const name = delta.name.replace(/^@/, "");
  if (delta.kind === "value") {
    const text = (value: typeof delta.before) => (value === undefined ? details.absent : String(value));
    return `${name} ${difference.fromTo(text(delta.before), text(delta.after))}`;
  }
  return `${name} ${[...delta.lost.map((item) => `−${item}`), ...delta.gained.map((item) => `+${item}`)].join(" ")}`;
}

function placeName(id: ElementId | undefined): string {
  return id === undefined ? "?" : lastSegment(id);
}

export function lastSegment(id: ElementId): string {
  return segmentsOf(id).at(-1) ?? id;
}

function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(" · ");
}
