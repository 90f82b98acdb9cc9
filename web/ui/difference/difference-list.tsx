import { type ReactNode, useState } from "react";
import { type Element, isLink } from "../../../core/element.ts";
import { type ElementId, segmentsOf } from "../../../core/element-id.ts";
import { useView } from "../app/view.ts";
import { DeltaTable } from "../details/delta-table.tsx";
import { useMap } from "../map/map-handle.ts";
import { compareNames } from "../model/contents.ts";
import { type ChangedElement, type Difference, rowsOf } from "../model/difference.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./difference.module.css";

/** Groups of what was added, removed, changed and renamed; nodes before the links between them. */
export function DifferenceList(props: { readonly difference: Difference }) {
  const { difference } = useTexts();
  const { added, removed, changed, renamed } = props.difference;
  return (
    <div data-testid="difference-list">
      <Group mark="added" sign="+" title={difference.added} count={added.length}>
        {inOrder(added).map((element) => (
          <Row key={element.id} element={element} />
        ))}
      </Group>
      <Group mark="removed" sign="−" title={difference.removed} count={removed.length}>
        {inOrder(removed).map((element) => (
          <Row key={element.id} element={element} />
        ))}
      </Group>
      <Group mark="changed" sign="~" title={difference.changed} count={changed.length}>
        {[...changed]
          .sort((a, b) => orderOf(a.element, b.element))
          .map((row) => (
            <ChangedRow key={row.element.id} row={row} />
          ))}
      </Group>
      <Group mark="changed" sign="~" title={difference.renamed} count={renamed.length}>
        {renamed.map(({ element, from }) => (
          <Row
            key={element.id}
            element={element}
            note={difference.formerName(typeof from === "string" ? (segmentsOf(from).at(-1) ?? from) : nameOf(from))}
          />
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

function Row(props: { readonly element: Element; readonly note?: string }) {
  const { element, note } = props;
  const { kinds } = useTexts();
  const select = useSelect();
  const { search } = useView();
  return (
    <li data-selected={search.sel === element.id} data-element-id={element.id}>
      <button type="button" className={classes.row} onClick={() => select(element.id)}>
        <span>{nameOf(element)}</span>
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
  const [isOpen, setOpen] = useState(false);
  const toggle = (): void => {
    setOpen(!isOpen);
    if (!isOpen) select(element.id);
  };
  return (
    <li data-selected={search.sel === element.id} data-element-id={element.id}>
      <button type="button" className={classes.row} aria-expanded={isOpen} onClick={toggle}>
        <span className={classes.chevron} data-open={isOpen}>
          <Icon name="right" size={12} />
        </span>
        <span>{nameOf(element)}</span>
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
function nameOf(element: Element): string {
  if (!isLink(element)) return element.name;
  const end = (id: ElementId): string => segmentsOf(id).at(-1) ?? id;
  return `${end(element.from)} – ${end(element.to)}`;
}

function inOrder(elements: readonly Element[]): readonly Element[] {
  return [...elements].sort(orderOf);
}

function orderOf(a: Element, b: Element): number {
  return Number(isLink(a)) - Number(isLink(b)) || compareNames(nameOf(a), nameOf(b));
}
