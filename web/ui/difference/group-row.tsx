import { useState } from "react";
import { isLink } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import type { Group, Row } from "../../../topology/model/comparison/comparison.ts";
import { useView } from "../app/view.ts";
import { DeltaTable } from "../details/delta-table.tsx";
import { useMap } from "../map/map-handle.ts";
import { rowsOf } from "../model/difference.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import { groupText, lastSegment, type RowText, rowText } from "./cause-text.ts";
import classes from "./difference.module.css";
import { Growing } from "./growing.tsx";

/** A cause with all it folds; one change by itself is its own row. */
export function GroupRow(props: { readonly group: Group }) {
  const { group } = props;
  const texts = useTexts();
  const nameOf = useNames();
  const [only, other] = group.members;
  if (only !== undefined && other === undefined) {
    const isCause = group.cause.kind !== "changed";
    const text = isCause ? groupText(group, texts) : rowText(only, texts, { nameOf, withPlace: true });
    return <MemberRow row={only} text={text} />;
  }
  return <OpeningRow group={group} />;
}

function OpeningRow(props: { readonly group: Group }) {
  const texts = useTexts();
  const { group } = props;
  const [isOpen, setOpen] = useState(false);
  const text = groupText(group, texts);
  const { search } = useView();
  const nameOf = useNames();
  // A move says itself from where to where.
  const style = { nameOf, withPlace: group.cause.kind !== "moved" };
  const nameIn = (id: ElementId): string => {
    const row = group.members.find((member) => member.id === id);
    return row === undefined ? id : rowText(row, texts, style).label;
  };
  const isSelected = !isOpen && group.members.some(({ id }) => id === search.sel);
  return (
    <li data-selected={isSelected} data-testid="difference-group" data-cause={group.cause.kind}>
      <RowButton text={text} isOpen={isOpen} onClick={() => setOpen(!isOpen)} />
      {group.besides.map(({ id, names }) => (
        <p key={id} className={classes.besides}>
          {texts.difference.besides(names.join(", "), nameIn(id))}
        </p>
      ))}
      {isOpen && (
        <ul className={classes.members}>
          <Growing items={group.members}>
            {(row) => <MemberRow key={`${row.kind} ${row.id}`} row={row} text={rowText(row, texts, style)} isInside />}
          </Growing>
        </ul>
      )}
    </li>
  );
}

/** What people call an element, as far as one of the two moments knows it. */
function useNames(): (id: ElementId) => string {
  const { shown } = useView();
  const topology = shown.kind === "ready" ? shown.topology : undefined;
  return (id) => {
    const element = topology?.get(id);
    return element === undefined || isLink(element) ? lastSegment(id) : element.name;
  };
}

const SIGN_OF: Readonly<Record<Row["kind"], string>> = {
  added: "+",
  removed: "−",
  updated: "~",
  moved: "→",
  unknown: "?",
};

function MemberRow(props: { readonly row: Row; readonly text: RowText; readonly isInside?: boolean }) {
  const { row, text } = props;
  const select = useSelect();
  const { search } = useView();
  const { difference } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const [before, after] = "before" in row ? [row.before, row.after] : [{}, {}];
  const count = rowsOf(before, after).length;
  const toggle = (): void => {
    if (count > 0) setOpen(!isOpen);
    if (!isOpen) select(row.id);
  };
  const what = difference.rows[row.kind];
  return (
    <li data-selected={search.sel === row.id} data-element-id={row.id} data-row={row.kind}>
      <RowButton
        text={{ ...text, note: count > 0 ? `${text.note} · ~${count}` : text.note }}
        isOpen={count > 0 ? isOpen : undefined}
        sign={props.isInside === true ? { text: SIGN_OF[row.kind], what } : undefined}
        onClick={toggle}
      />
      {isOpen && (
        <div className={classes.delta}>
          <DeltaTable before={before} after={after} titles />
        </div>
      )}
    </li>
  );
}

function RowButton(props: {
  readonly text: RowText;
  /** Undefined for what has nothing more to show. */
  readonly isOpen: boolean | undefined;
  readonly sign?: { readonly text: string; readonly what: string } | undefined;
  readonly onClick: () => void;
}) {
  const { text, isOpen, sign } = props;
  return (
    <button type="button" className={classes.row} aria-expanded={isOpen} onClick={props.onClick}>
      {isOpen !== undefined && (
        <span className={classes.chevron} data-open={isOpen}>
          <Icon name="right" size={12} />
        </span>
      )}
      {sign !== undefined && (
        <>
          <span aria-hidden="true" className={classes.memberSign}>
            {sign.text}
          </span>
          <span className="sr-only">{sign.what}</span>
        </>
      )}
      <span>{text.label}</span>
      <small>{text.note}</small>
    </button>
  );
}

function useSelect(): (id: ElementId) => void {
  const { go } = useView();
  return (id) => {
    useMap.getState().handle?.flyTo(id);
    void go({ sel: id });
  };
}
