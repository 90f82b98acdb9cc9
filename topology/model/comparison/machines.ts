import { isLink, type Node } from "../../../core/element.ts";
import { type ElementId, hostId } from "../../../core/element-id.ts";
import { type Subject, subjectOf } from "../change.ts";
import type { AddedRow, MovedRow, RemovedRow, Row } from "./comparison.ts";
import type { GroupDraft, Grouping } from "./grouping.ts";
import { domainUuidOf, uuidBelow } from "./identity.ts";
import { machineNames } from "./machine-names.ts";
import { hostOfId, type Rows, textIn } from "./rows.ts";
import { inSlices, type Sliced } from "./slices.ts";

/** What happened to one VM. */
interface Machine {
  move?: Move;
  gone?: Node;
  appeared?: Node;
  readonly groups: { moved?: GroupDraft; gone?: GroupDraft; appeared?: GroupDraft };
}

interface Move {
  readonly root: ElementId;
  readonly subject: Subject;
  /** As Nova calls the hosts, and as their agents do; the first one of each is shown. */
  readonly from: Set<string>;
  readonly to: Set<string>;
}

/** A VM that migrated, went or came, with its domain, devices, ports and their bindings on every host: one group each. */
export function* groupMachines(rows: Rows, grouping: Grouping): Sliced<void> {
  const machines = yield* machinesOf(rows);
  if (machines.size === 0) return;
  const nameOf = yield* machineNames(rows);
  const place = (row: Row, element: Node | undefined): void => {
    const uuid = nameOf(row.id, element);
    const machine = uuid === undefined ? undefined : machines.get(uuid);
    if (uuid === undefined || machine === undefined) return;
    const group = groupFor(grouping, uuid, machine, row);
    if (group !== undefined) grouping.put(row, group);
  };
  const ends: readonly ReadonlyMap<ElementId, RemovedRow | AddedRow>[] = [rows.removed, rows.added];
  for (const list of ends) {
    yield* inSlices(list.values(), (row) => {
      if (!isLink(row.element)) place(row, row.element);
    });
  }
  yield* inSlices(rows.moved, (row) => {
    const element = row.pair?.element;
    if (element === undefined || !isLink(element)) place(row, element);
  });
  yield* inSlices(rows.updated, (row) => place(row, undefined));
}

function* machinesOf(rows: Rows): Sliced<ReadonlyMap<string, Machine>> {
  const machines = new Map<string, Machine>();
  const machine = (uuid: string): Machine => {
    const known = machines.get(uuid) ?? { groups: {} };
    machines.set(uuid, known);
    return known;
  };
  yield* inSlices(rows.moved, (row) => {
    const move = moveOf(row);
    if (move === undefined) return;
    const known = machine(move.uuid);
    const [first, second] = move.isVm ? [move, known.move] : [known.move ?? move, move];
    const { root, subject } = first;
    const from = new Set([...first.from, ...(second?.from ?? [])]);
    known.move = { root, subject, from, to: new Set([...first.to, ...(second?.to ?? [])]) };
  });
  const ends: readonly (readonly ["gone" | "appeared", ReadonlyMap<ElementId, RemovedRow | AddedRow>])[] = [
    ["gone", rows.removed],
    ["appeared", rows.added],
  ];
  for (const [what, list] of ends) {
    yield* inSlices(list.values(), ({ element }) => {
      if (isLink(element)) return;
      if (element.kind === "vm") machine(uuidBelow("vm/", element.id) ?? element.name)[what] = element;
      else if (element.kind === "domain") machine(domainUuidOf(element))[what] ??= element;
    });
  }
  return machines;
}

/** A VM whose host changed, or a domain that is on another one. */
function moveOf(row: MovedRow): (Move & { readonly uuid: string; readonly isVm: boolean }) | undefined {
  const { id, subject, before, after, pair } = row;
  const [from, to] = [textIn(before, "@host"), textIn(after, "@host")];
  if (from === undefined || to === undefined) return undefined;
  const move = { root: id, subject, from: new Set([from]), to: new Set([to]) };
  const uuid = uuidBelow("vm/", id);
  if (uuid !== undefined) return { ...move, uuid, isVm: true };
  if (subject.kind !== "domain" || pair === undefined || isLink(pair.element)) return undefined;
  return { ...move, uuid: domainUuidOf(pair.element), isVm: false };
}

/** The group of this VM that explains this row; undefined when none does. */
function groupFor(grouping: Grouping, uuid: string, machine: Machine, row: Row): GroupDraft | undefined {
  const { move, gone, appeared, groups } = machine;
  if (move !== undefined && isExplainedByMove(row, move)) {
    const { root, subject } = move;
    const [from, to] = [placeOf(move.from), placeOf(move.to)];
    groups.moved ??= grouping.open({ kind: "moved", subject, roots: [root], from, to });
    return groups.moved;
  }
  if (gone !== undefined && isExplainedBy(row, "removed", uuid)) {
    groups.gone ??= grouping.open({ kind: "gone", subject: subjectOf(gone), roots: [gone.id] });
    return groups.gone;
  }
  if (appeared !== undefined && isExplainedBy(row, "added", uuid)) {
    groups.appeared ??= grouping.open({ kind: "appeared", subject: subjectOf(appeared), roots: [appeared.id] });
    return groups.appeared;
  }
  return undefined;
}

function placeOf(hosts: ReadonlySet<string>): ElementId | undefined {
  const [first] = hosts;
  return first === undefined ? undefined : hostId(first);
}

function isExplainedByMove(row: Row, { from, to }: Move): boolean {
  const host = hostOfId(row.kind === "moved" && row.pair !== undefined ? row.pair.former.id : row.id);
  switch (row.kind) {
    case "removed":
      return host !== undefined && from.has(host);
    case "added":
      return host !== undefined && to.has(host);
    case "moved":
      return row.pair === undefined || (host !== undefined && from.has(host));
    case "updated":
      return "binding_host" in row.before && "binding_host" in row.after;
    case "unknown":
      return false;
  }
}

/** A port that stays is bound to a VM, or let go. */
function isExplainedBy(row: Row, side: "removed" | "added", uuid: string): boolean {
  if (row.kind !== "updated") return row.kind === side;
  return textIn(side === "removed" ? row.before : row.after, "device_id") === uuid;
}
