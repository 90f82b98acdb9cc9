import { EVENT_KINDS } from "../../../core/host-event.ts";
import type { EventSchema } from "../../api/events.ts";
import { MARKS } from "../map/glyphs.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./events.module.css";

const MARK_BY_SEVERITY = { critical: MARKS.octagon, warning: MARKS.triangle, info: MARKS.info } as const;

/** What kind of event it is, with the mark of its severity. A kind of a later agent is shown as it calls itself. */
export function EventName(props: { readonly event: EventSchema }) {
  const { events } = useTexts();
  const { kind, severity } = props.event;
  const known = EVENT_KINDS.find((name) => name === kind);
  return (
    <strong className={classes.name} data-severity={severity} title={events.severity[severity]}>
      <svg width="12" height="12" role="img" aria-label={events.severity[severity]}>
        <path d={MARK_BY_SEVERITY[severity]} fillRule="evenodd" />
      </svg>
      {known === undefined ? kind : events.kinds[known]}
    </strong>
  );
}
