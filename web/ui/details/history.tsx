import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { EpochMs } from "../../../core/clock.ts";
import type { ElementId } from "../../../core/element-id.ts";
import { segmentsOf } from "../../../core/element-id.ts";
import { changedId } from "../../../topology/model/change.ts";
import type { RecordedChange } from "../../../topology/model/revision.ts";
import type { EventSchema } from "../../api/events.ts";
import { parseInstant } from "../api/parse.ts";
import { elementEventsQuery, historyQuery } from "../api/queries.ts";
import { useView } from "../app/view.ts";
import { EventName } from "../events/event-name.tsx";
import { ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { agoText, momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import { useTimeActions } from "../time-bar/time-actions.ts";
import { DeltaTable } from "./delta-table.tsx";
import classes from "./panel.module.css";

type Happening =
  | { readonly kind: "change"; readonly at: number; readonly recorded: RecordedChange }
  | { readonly kind: "event"; readonly at: number; readonly event: EventSchema };

/** What changed on one element and what happened to it. Each entry leads to its moment. */
export function History(props: { readonly id: ElementId }) {
  const texts = useTexts();
  const view = useView();
  const { data, error, refetch } = useQuery(historyQuery(view.scope, props.id));
  const { data: events = [] } = useQuery(elementEventsQuery(view.scope, props.id));
  const changes = view.shown.kind === "ready" ? view.shown.changes : undefined;
  const isTouched = changes?.some((change) => changedId(change) === props.id) ?? false;
  useEffect(() => {
    if (isTouched && changes !== undefined) void refetch();
  }, [isTouched, changes, refetch]);
  if (error !== null) return <ErrorFace small error={error} retry={() => void refetch()} />;
  if (data === undefined) return <LoadingFace small />;
  const happenings = newestFirst(data, events);
  if (happenings.length === 0) return <p className={classes.section}>{texts.details.noHistory}</p>;
  return (
    <section className={classes.section}>
      <h3 className="panel-title">{texts.details.history}</h3>
      <ol data-testid="history">
        {happenings.map((it) =>
          it.kind === "change" ? (
            <Entry key={`${it.recorded.revision} ${it.recorded.ordinal}`} recorded={it.recorded} />
          ) : (
            <EventEntry key={it.event.id} event={it.event} />
          ),
        )}
      </ol>
    </section>
  );
}

function newestFirst(changes: readonly RecordedChange[], events: readonly EventSchema[]): readonly Happening[] {
  return [
    ...changes.map((recorded): Happening => ({ kind: "change", at: recorded.at, recorded })),
    ...events.map((event): Happening => ({ kind: "event", at: event.at, event })),
  ].toSorted((a, b) => b.at - a.at);
}

function EventEntry(props: { readonly event: EventSchema }) {
  const { event } = props;
  return (
    <li className={classes.change} data-testid="history-event" data-kind={event.kind}>
      <div className={classes.changeHead}>
        <EventName event={event} />
        <When at={parseInstant(event.at)} />
      </div>
      <p className={classes.eventText}>{event.text}</p>
    </li>
  );
}

/** A moment, and the way to it. */
function When(props: { readonly at: EpochMs }) {
  const texts = useTexts();
  const view = useView();
  const actions = useTimeActions(view);
  const time = momentText(props.at, view.now);
  return (
    <small>
      {agoText(props.at, view.now, texts)} ·{" "}
      <button
        type="button"
        className="link-button"
        aria-label={texts.details.goTo(time)}
        onClick={() => void actions.goTo(props.at)}
      >
        {time}
      </button>
    </small>
  );
}

function Entry(props: { readonly recorded: RecordedChange }) {
  const texts = useTexts();
  const { at, change } = props.recorded;
  return (
    <li className={classes.change}>
      <div className={classes.changeHead}>
        <strong>{titleOf(props.recorded, texts)}</strong>
        <When at={at} />
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
