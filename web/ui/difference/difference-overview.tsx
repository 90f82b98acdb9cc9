import { ActionIcon, Tooltip } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Group } from "../../../topology/model/comparison/comparison.ts";
import { useView } from "../app/view.ts";
import panel from "../details/panel.module.css";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { countsOf, groupsByHost } from "../model/difference.ts";
import { momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./difference.module.css";
import { DifferenceList } from "./difference-list.tsx";

const NONE: readonly Group[] = [];

/** Both moments, the sums, and what happened between: on the open host first. */
export function DifferenceOverview() {
  const texts = useTexts();
  const { shown, clock, now, go, host, search } = useView();
  const groups = shown.kind === "ready" ? (shown.difference?.groups ?? NONE) : NONE;
  const { here, elsewhere } = useMemo(() => groupsByHost(groups, host), [groups, host]);
  if (clock.kind !== "diff") return null;
  const isThere = shown.kind === "ready" && shown.difference !== undefined;
  return (
    <>
      <header className={panel.head}>
        <div className={panel.title}>
          <h2>{texts.difference.title}</h2>
          <p>
            A {momentText(clock.a, now)} → B {momentText(clock.b, now)}
          </p>
          {isThere && <p data-testid="difference-summary">{texts.difference.summary(countsOf(here))}</p>}
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
      {shown.kind === "ready" && shown.busy && (
        <p className={classes.stale} role="status" data-testid="difference-stale">
          {texts.difference.stale}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className={panel.body} tabIndex={0} aria-label={texts.difference.title}>
        {shown.kind === "loading" && <LoadingFace small text={texts.difference.loading} />}
        {shown.kind === "failed" && <ErrorFace small error={shown.error} retry={shown.retry} />}
        {isThere && here.length === 0 && (
          <EmptyFace small icon="check" title={texts.difference.nothing} hint={texts.difference.nothingHint} />
        )}
        {isThere && here.length > 0 && <DifferenceList groups={here} />}
        {elsewhere.length > 0 && <Elsewhere groups={elsewhere} />}
      </section>
    </>
  );
}

function Elsewhere(props: { readonly groups: readonly Group[] }) {
  const { difference } = useTexts();
  const [isOpen, setOpen] = useState(false);
  return (
    <div className={classes.elsewhere}>
      <button
        type="button"
        className={classes.row}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        data-testid="difference-elsewhere"
      >
        <span className={classes.chevron} data-open={isOpen}>
          <Icon name="right" size={12} />
        </span>
        {difference.elsewhere(props.groups.length)}
      </button>
      {isOpen && <DifferenceList groups={props.groups} />}
    </div>
  );
}
