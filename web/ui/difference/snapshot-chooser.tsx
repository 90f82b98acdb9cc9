import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EpochMs } from "../../../core/clock.ts";
import { parseInstant } from "../api/parse.ts";
import { snapshotsQuery } from "../api/queries.ts";
import { serverNow } from "../app/server-clock.ts";
import { useView } from "../app/view.ts";
import panel from "../details/panel.module.css";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { momentText } from "../model/time-text.ts";
import { SnapshotDialog } from "../system/snapshot-dialog.tsx";
import { SnapshotRemoval } from "../system/snapshots.tsx";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./difference.module.css";

const SIDES = ["a", "b"] as const;
type Side = (typeof SIDES)[number];

/** Moments with names, to be compared as A or B; the two that are compared can be given names here. */
export function SnapshotChooser() {
  const { difference, snapshots } = useTexts();
  const { scope, search, go } = useView();
  const { data, error, refetch } = useQuery(snapshotsQuery(scope.cluster));
  const [naming, setNaming] = useState<Side>();
  const choose = (side: Side, at: EpochMs): void => void go(side === "a" ? { a: at } : { b: at });
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className={panel.body} tabIndex={0} aria-label={difference.snapshots} data-testid="snapshot-chooser">
        <div className={classes.moments}>
          {SIDES.map((side) => (
            <Button
              key={side}
              leftSection={<Icon name="camera" size={14} />}
              onClick={() => setNaming(side)}
              data-testid={`name-${side}`}
            >
              {difference.nameSide(nameOf(side))}
            </Button>
          ))}
          <Button onClick={() => choose("b", serverNow())} data-testid="now-as-b">
            {difference.nowAs("B")}
          </Button>
        </div>
        {error !== null && <ErrorFace small error={error} retry={() => void refetch()} />}
        {error === null && data === undefined && <LoadingFace small />}
        {data?.length === 0 && <EmptyFace small icon="camera" title={snapshots.none} hint={snapshots.noneHint} />}
        {data !== undefined && data.length > 0 && (
          <ul className={classes.snapshots}>
            {data.map(({ name, at, note }) => (
              <SnapshotItem key={name} name={name} at={parseInstant(at)} note={note} choose={choose} />
            ))}
          </ul>
        )}
      </section>
      <SnapshotDialog
        isOpen={naming !== undefined}
        onClose={() => setNaming(undefined)}
        at={naming === undefined ? undefined : search[naming]}
        cluster={scope.cluster}
      />
    </>
  );
}

const nameOf = (side: Side): string => side.toUpperCase();

function SnapshotItem(props: {
  readonly name: string;
  readonly at: EpochMs;
  readonly note: string;
  readonly choose: (side: Side, at: EpochMs) => void;
}) {
  const { name, at, note } = props;
  const { difference } = useTexts();
  const { scope, search, now } = useView();
  return (
    <li data-testid="snapshot-choice" data-name={name}>
      <div className={classes.snapshotName}>
        <strong>{name}</strong>
        <small>
          {momentText(at, now)}
          {note !== "" && ` · ${note}`}
        </small>
      </div>
      {SIDES.map((side) => (
        <Button
          key={side}
          aria-label={difference.compareAs(nameOf(side), name)}
          aria-pressed={search[side] === at}
          variant={search[side] === at ? "filled" : "default"}
          onClick={() => props.choose(side, at)}
          data-testid={`snapshot-as-${side}`}
        >
          {nameOf(side)}
        </Button>
      ))}
      <SnapshotRemoval name={name} cluster={scope.cluster} />
    </li>
  );
}
