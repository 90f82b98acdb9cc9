import type { ReactNode } from "react";
import type { Cause, Group } from "../../../topology/model/comparison/comparison.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./difference.module.css";
import { GroupRow } from "./group-row.tsx";
import { Growing } from "./growing.tsx";

type Mark = "removed" | "unknown" | "moved" | "added" | "renamed" | "changed";

const MARKS: Readonly<Record<Cause["kind"], Mark>> = {
  gone: "removed",
  silent: "unknown",
  moved: "moved",
  appeared: "added",
  renamed: "renamed",
  changed: "changed",
};
const SIGNS: readonly (readonly [mark: Mark, sign: string])[] = [
  ["removed", "−"],
  ["unknown", "?"],
  ["moved", "→"],
  ["added", "+"],
  ["renamed", "~"],
  ["changed", "~"],
];

/** What happened, by what kind of thing it was; every row can be opened. */
export function DifferenceList(props: { readonly groups: readonly Group[] }) {
  const { difference } = useTexts();
  return (
    <div data-testid="difference-list">
      {SIGNS.map(([mark, sign]) => {
        const groups = props.groups.filter(({ cause }) => MARKS[cause.kind] === mark);
        return (
          <Section key={mark} mark={mark} sign={sign} title={difference.sections[mark]} count={groups.length}>
            <Growing items={groups}>{(group) => <GroupRow key={keyOf(group)} group={group} />}</Growing>
          </Section>
        );
      })}
    </div>
  );
}

function keyOf({ cause, members }: Group): string {
  return `${cause.kind} ${members[0]?.kind} ${members[0]?.id}`;
}

function Section(props: {
  readonly mark: Mark;
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
