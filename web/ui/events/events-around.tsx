import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { segmentsOf } from "../../../core/element-id.ts";
import { parseId, parseInstant } from "../api/parse.ts";
import { eventsWithinQuery } from "../api/queries.ts";
import { useServerNow } from "../app/server-clock.ts";
import { ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import { EventName } from "./event-name.tsx";
import classes from "./events.module.css";

const BEFORE_MS = 15 * 60_000;
const AFTER_MS = 5 * 60_000;
const NOW_STEP_MS = 5_000;

interface Around {
  readonly cluster: string | undefined;
  /** Undefined: the whole cluster. */
  readonly host: string | undefined;
  readonly at: number;
}

/** What happened on a host from a quarter of an hour before a moment to five minutes after; asked for when it is opened. */
export function EventsAround(props: Around) {
  const { events } = useTexts();
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className={classes.around}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      data-testid="events-around"
    >
      <summary>{events.around}</summary>
      {isOpen && <List {...props} />}
    </details>
  );
}

function List({ cluster, host, at }: Around) {
  const { events } = useTexts();
  const now = useServerNow(NOW_STEP_MS);
  const root = host === undefined ? undefined : `host/${encodeURIComponent(host)}`;
  const span = { from: at - BEFORE_MS, to: at + AFTER_MS };
  const { data, error, refetch } = useQuery(eventsWithinQuery(cluster, root, span));
  if (error !== null) return <ErrorFace small error={error} retry={() => void refetch()} />;
  if (data === undefined) return <LoadingFace small />;
  if (data.length === 0) return <p>{events.none}</p>;
  return (
    <ol>
      {data.map((event) => (
        <li key={`${event.host} ${event.id}`}>
          <EventName event={event} />{" "}
          <span>
            {segmentsOf(parseId(event.element)).at(-1)} · {momentText(parseInstant(event.at), now)}
          </span>
          <p>{event.text}</p>
        </li>
      ))}
    </ol>
  );
}
