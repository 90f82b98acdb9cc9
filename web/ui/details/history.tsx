import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { ElementId } from "../../../core/element-id.ts";
import { segmentsOf } from "../../../core/element-id.ts";
import { changedId } from "../../../topology/model/change.ts";
import type { RecordedChange } from "../../../topology/model/revision.ts";
import { historyQuery } from "../api/queries.ts";
import { useView } from "../app/view.ts";
import { ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { agoText, momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import { useTimeActions } from "../time-bar/time-actions.ts";
import { DeltaTable } from "./delta-table.tsx";
import classes from "./panel.module.css";

/** What happened to one element. Each entry leads to its moment. */
export function History(props: { readonly id: ElementId }) {
  const texts = useTexts();
  const view = useView();
  const { data, error, refetch } = useQuery(historyQuery(view.scope, props.id));
  const changes = view.shown.kind === "ready" ? view.shown.changes : undefined;
  const isTouched = changes?.some((change) => changedId(change) === props.id) ?? false;
  useEffect(() => {
    if (isTouched && changes !== undefined) void refetch();
  }, [isTouched, changes, refetch]);
  if (error !== null) return <ErrorFace small error={error} retry={() => void refetch()} />;
  if (data === undefined) return <LoadingFace small />;
  if (data.length === 0) return <p className={classes.section}>{texts.details.noHistory}</p>;
  return (
    <section className={classes.section}>
      <h3 className="panel-title">{texts.details.history}</h3>
      <ol data-testid="history">
        {data.map((recorded) => (
          <Entry key={`${recorded.revision} ${recorded.ordinal}`} recorded={recorded} />
        ))}
      </ol>
    </section>
  );
}

function Entry(props: { readonly recorded: RecordedChange }) {
  const texts = useTexts();
  const view = useView();
  const actions = useTimeActions(view);
  const { at, change } = props.recorded;
  const time = momentText(at, view.now);
  return (
    <li className={classes.change}>
      <div className={classes.changeHead}>
        <strong>{titleOf(props.recorded, texts)}</strong>
        <small>
          {agoText(at, view.now, texts)} ·{" "}
          <button
            type="button"
            className="link-button"
            aria-label={texts.details.goTo(time)}
            onClick={() => void actions.goTo(at)}
          >
            {time}
          </button>
        </small>
      </div>
      {change.kind === "update" && <DeltaTable before={change.before} after={change.after} />}
    </li>
  );
}

function titleOf({ change }: RecordedChange, texts: ReturnType<typeof useTexts>): string {
  switch (change.kind) {
    case "add":
      return change.renamedFrom === undefined
        ? texts.details.historyAdded
        : texts.details.historyRenamed(segmentsOf(change.renamedFrom).at(-1) ?? change.renamedFrom);
    case "remove":
      return texts.details.historyRemoved;
    case "update":
      return texts.details.historyChanged;
  }
}
