import { type ReactNode, useState } from "react";
import { type Element, isLink } from "../../../core/element.ts";
import { type ElementId, segmentsOf } from "../../../core/element-id.ts";
import type { Topology } from "../../../topology/model/topology.ts";
import { useView } from "../app/view.ts";
import { DeltaTable } from "../details/delta-table.tsx";
import { useMap } from "../map/map-handle.ts";
import { compareNames } from "../model/contents.ts";
import { type ChangedElement, type Difference, rowsOf } from "../model/difference.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./difference.module.css";

/** Groups of what was added, removed, changed and renamed; links are folded, for they follow what they connect. */
export function DifferenceList(props: { readonly difference: Difference }) {
  const { difference } = useTexts();
  const { added, removed, changed, renamed } = props.difference;
  return (
    <div data-testid="difference-list">
      <Group mark="added" sign="+" title={difference.added} count={added.length}>
        <Elements elements={added} />
      </Group>
      <Group mark="removed" sign="−" title={difference.removed} count={removed.length}>
        <Elements elements={removed} />
      </Group>
      <Group mark="changed" sign="~" title={difference.changed} count={changed.length}>
        {[...changed]
          .sort((a, b) => Number(isLink(a.element)) - Number(isLink(b.element)) || compareIds(a.element, b.element))
          .map((row) => (
            <ChangedRow key={row.element.id} row={row} />
          ))}
      </Group>
      <Group mark="changed" sign="~" title={difference.renamed} count={renamed.length}>
        {renamed.map(({ element, from }) => (
          <Row key={element.id} element={element} note={difference.formerName(formerName(from))} />
        ))}
      </Group>
    </div>
  );
}

function Group(props: {
  readonly mark: "added" | "removed" | "changed";
  readonly sign: string;
  readonly title: string;
  readonly count: number;
  readonly children: ReactNode;
}) {
  if (props.count === 0) return null;
  return (
    <section className={classes.group} data-testid={`difference-${props.mark}`}>
      <h3>
        <span className={classes.sign} data-mark={props.mark} aria-hidden="true">
          {props.sign}
        </span>
        {props.title} <small>{props.count}</small>
      </h3>
      <ul>{props.children}</ul>
    </section>
  );
}

function Elements(props: { readonly elements: readonly Element[] }) {
  const { difference } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const sorted = [...props.elements].sort(compareIds);
  const links = sorted.filter(isLink);
  return (
    <>
      {sorted
        .filter((element) => !isLink(element))
        .map((element) => (
          <Row key={element.id} element={element} />
        ))}
      {links.length > 0 && (
        <li>
          <button type="button" className={classes.row} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <Chevron isOpen={isOpen} />
            {difference.links(links.length)}
          </button>
        </li>
      )}
      {isOpen && links.map((link) => <Row key={link.id} element={link} />)}
    </>
  );
}

function Chevron(props: { readonly isOpen: boolean }) {
  return (
    <span className={classes.chevron} data-open={props.isOpen}>
      <Icon name="right" size={12} />
    </span>
  );
}

function Row(props: { readonly element: Element; readonly note?: string }) {
  const { element, note } = props;
  const { kinds } = useTexts();
  const select = useSelect();
  const name = useName(element);
  const { search } = useView();
  return (
    <li data-selected={search.sel === element.id} data-element-id={element.id}>
      <button type="button" className={classes.row} onClick={() => select(element.id)}>
        <span>{name}</span>
        <small>{note ?? kinds[element.kind]}</small>
      </button>
    </li>
  );
}

function ChangedRow(props: { readonly row: ChangedElement }) {
  const { kinds, difference } = useTexts();
  const select = useSelect();
  const { search } = useView();
  const { element, before, after, moved } = props.row;
  const name = useName(element);
  const [isOpen, setOpen] = useState(false);
  const toggle = (): void => {
    setOpen(!isOpen);
    if (!isOpen) select(element.id);
  };
  return (
    <li data-selected={search.sel === element.id} data-element-id={element.id}>
      <button type="button" className={classes.row} aria-expanded={isOpen} onClick={toggle}>
        <Chevron isOpen={isOpen} />
        <span>{name}</span>
        <small>
          {kinds[element.kind]} · {moved ? difference.moved : `~${rowsOf(before, after).length}`}
        </small>
      </button>
      {isOpen && (
        <div className={classes.delta}>
          <DeltaTable before={before} after={after} titles />
        </div>
      )}
    </li>
  );
}

function useSelect(): (id: ElementId) => void {
  const { go } = useView();
  return (id) => {
    useMap.getState().handle?.flyTo(id);
    void go({ sel: id });
  };
}

/** A link is called by what it connects. */
function useName(element: Element): string {
  const { shown } = useView();
  if (!isLink(element)) return element.name;
  const topology = shown.kind === "ready" ? shown.topology : undefined;
  return `${endName(element.from, topology)} – ${endName(element.to, topology)}`;
}

function endName(id: ElementId, topology: Topology | undefined): string {
  const end = topology?.get(id);
  return end === undefined || isLink(end) ? lastSegment(id) : end.name;
}

function formerName(from: Element | ElementId): string {
  if (typeof from === "string") return lastSegment(from);
  return isLink(from) ? lastSegment(from.id) : from.name;
}

function lastSegment(id: ElementId): string {
  return segmentsOf(id).at(-1) ?? id;
}

/** Nodes by name, so that a tap stands beside its port; links by id. */
function compareIds(a: Element, b: Element): number {
  return compareNames(isLink(a) ? a.id : a.name, isLink(b) ? b.id : b.name) || compareNames(a.id, b.id);
}
