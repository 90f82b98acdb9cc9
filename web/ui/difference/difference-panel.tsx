import { ActionIcon, Tooltip } from "@mantine/core";
import { useState } from "react";
import type { Element } from "../../../core/element.ts";
import { ownerHostOf } from "../../../core/element-id.ts";
import { useView } from "../app/view.ts";
import { Details } from "../details/details-panel.tsx";
import panel from "../details/panel.module.css";
import { Tabs } from "../details/tabs.tsx";
import { EmptyFace } from "../faces/faces.tsx";
import { type Difference, isEmpty } from "../model/difference.ts";
import { momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import { DifferenceList } from "./difference-list.tsx";

/** The difference as a list; the selected element's details stand behind the second tab. */
export function DifferencePanel() {
  const texts = useTexts();
  const { search } = useView();
  const [tab, setTab] = useState<"list" | "details">("list");
  const shown = search.sel === undefined ? "list" : tab;
  return (
    <aside className={panel.panel} aria-label={texts.difference.title} data-testid="difference">
      {search.sel !== undefined && (
        <Tabs
          label={texts.difference.title}
          tabs={[
            { value: "list", text: texts.difference.title },
            { value: "details", text: texts.details.title },
          ]}
          value={shown}
          onChange={setTab}
        />
      )}
      {shown === "list" ? <DifferenceOverview /> : <Details />}
    </aside>
  );
}

function DifferenceOverview() {
  const texts = useTexts();
  const { shown, clock, now, go, host, search } = useView();
  if (clock.kind !== "diff") return null;
  const difference = shown.kind === "ready" ? shown.difference : undefined;
  const here = difference === undefined ? undefined : onHost(difference, host);
  const elsewhere = difference === undefined || here === undefined ? 0 : countOf(difference) - countOf(here);
  return (
    <>
      <header className={panel.head}>
        <div className={panel.title}>
          <h2>{texts.difference.title}</h2>
          <p>
            A {momentText(clock.a, now)} → B {momentText(clock.b, now)}
          </p>
          {here !== undefined && (
            <p data-testid="difference-summary">
              {texts.difference.summary(
                here.added.length,
                here.removed.length,
                here.changed.length + here.renamed.length,
              )}
            </p>
          )}
          {elsewhere > 0 && <p>{texts.difference.elsewhere(elsewhere)}</p>}
        </div>
        <Tooltip label={texts.difference.swap}>
          <ActionIcon
            aria-label={texts.difference.swap}
            onClick={() => void go({ a: search.b, b: search.a })}
            data-testid="swap"
          >
            <Icon name="swap" />
          </ActionIcon>
        </Tooltip>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className={panel.body} tabIndex={0} aria-label={texts.difference.title}>
        {here !== undefined && isEmpty(here) && (
          <EmptyFace small icon="check" title={texts.difference.nothing} hint={texts.difference.nothingHint} />
        )}
        {here !== undefined && <DifferenceList difference={here} />}
      </section>
    </>
  );
}

/** What belongs to the open host or to no host at all. */
export function onHost(difference: Difference, host: string | undefined): Difference {
  const isHere = (element: Element): boolean => {
    const owner = ownerHostOf(element.id);
    return owner === undefined || owner === host;
  };
  return {
    ...difference,
    added: difference.added.filter(isHere),
    removed: difference.removed.filter(isHere),
    changed: difference.changed.filter(({ element }) => isHere(element)),
    renamed: difference.renamed.filter(({ element }) => isHere(element)),
  };
}

function countOf({ added, removed, changed, renamed }: Difference): number {
  return added.length + removed.length + changed.length + renamed.length;
}
