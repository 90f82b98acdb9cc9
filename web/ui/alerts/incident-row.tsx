import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { segmentsOf } from "../../../core/element-id.ts";
import { shortTraceId } from "../../../core/trace.ts";
import type { Incident } from "../../api/alerts.ts";
import { problemFrom, sendJson } from "../api/client.ts";
import { parseId, parseInstant } from "../api/parse.ts";
import { incidentsQuery, statusQuery } from "../api/queries.ts";
import { useServerNow } from "../app/server-clock.ts";
import { EventsAround } from "../events/events-around.tsx";
import { MARKS } from "../map/glyphs.ts";
import { agoText, durationText, momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./alerts.module.css";

const NOW_STEP_MS = 5_000;
const MARK_BY_SEVERITY = { critical: MARKS.octagon, warning: MARKS.triangle, info: MARKS.info } as const;

export function IncidentRow(props: { readonly incident: Incident }) {
  const texts = useTexts();
  const now = useServerNow(NOW_STEP_MS);
  const { incident } = props;
  const started = parseInstant(incident.started_at);
  return (
    <tr data-testid="incident" data-incident-id={incident.id}>
      <td>
        <span className={classes.severity} data-severity={incident.severity}>
          <svg width="12" height="12" aria-hidden="true">
            <path d={MARK_BY_SEVERITY[incident.severity]} fillRule="evenodd" />
          </svg>
          {texts.alerts.severity[incident.severity]}
        </span>
      </td>
      <td className={classes.what}>
        <strong>{incident.summary}</strong>
        <p>{incident.description}</p>
        <p className={classes.rule}>
          {incident.rule}
          {incident.trace_id !== undefined && (
            <span title={incident.trace_id}>{` · ${texts.alerts.trace} ${shortTraceId(incident.trace_id)}`}</span>
          )}
        </p>
        <EventsAround cluster={incident.cluster} host={incident.labels.host} at={incident.started_at} />
      </td>
      <td>
        <Place incident={incident} />
      </td>
      <td className={classes.since}>
        {momentText(started, now)}
        <small>{agoText(started, now, texts)}</small>
        <Ending incident={incident} />
      </td>
      <td>
        <Messages incident={incident} />
      </td>
      <td>
        <Acknowledgement incident={incident} />
      </td>
    </tr>
  );
}

/** Leads to the map as it was when the alert began. */
function Place({ incident }: { readonly incident: Incident }) {
  const { alerts } = useTexts();
  const { element, started_at, labels, cluster } = incident;
  if (element === undefined) return <span className={classes.muted}>{labels.host ?? alerts.unknownElement}</span>;
  const segments = segmentsOf(parseId(element));
  const name = segments.at(-1) ?? element;
  const host = labels.host ?? (segments[0] === "host" ? segments[1] : undefined);
  return (
    <>
      <Link
        to="/"
        search={{ cluster, host, sel: parseId(element), at: parseInstant(started_at) }}
        className="link-button"
        title={alerts.showOnMap}
        data-testid="incident-place"
      >
        {name}
      </Link>
      {host !== undefined && host !== name && <p className={classes.muted}>{host}</p>}
    </>
  );
}

function Ending({ incident }: { readonly incident: Incident }) {
  const texts = useTexts();
  const { resolved_at, resolved_because, started_at } = incident;
  if (resolved_at === undefined) return null;
  return (
    <small>
      {texts.alerts.lasted(durationText(resolved_at - started_at, texts))}
      {resolved_because !== undefined && ` · ${texts.alerts.resolvedBecause[resolved_because]}`}
    </small>
  );
}

function Messages({ incident }: { readonly incident: Incident }) {
  const { alerts } = useTexts();
  if (incident.notifications.length === 0) return <span className={classes.muted}>{alerts.notSent}</span>;
  return (
    <ul>
      {incident.notifications.map(({ receiver, event, state, attempts, last_error }) => (
        <li key={`${receiver} ${event}`} data-state={state} className={classes.message}>
          {receiver}: {alerts.notificationEvent[event]}, {alerts.notification[state]}
          {state !== "sent" && attempts > 0 && ` (${alerts.attempts(attempts)})`}
          {state !== "sent" && last_error !== undefined && <small>{last_error}</small>}
        </li>
      ))}
    </ul>
  );
}

function Acknowledgement({ incident }: { readonly incident: Incident }) {
  const { alerts } = useTexts();
  const now = useServerNow(NOW_STEP_MS);
  const queries = useQueryClient();
  const { data: status } = useQuery(statusQuery);
  const acknowledge = useMutation({
    mutationFn: () => sendJson("POST", `/api/v1/incidents/${encodeURIComponent(incident.id)}/ack`, {}),
    onSuccess: () => queries.invalidateQueries({ queryKey: incidentsQuery.queryKey }),
  });
  if (incident.acknowledged_at !== undefined) {
    const at = momentText(parseInstant(incident.acknowledged_at), now);
    return <span className={classes.muted}>{alerts.acknowledgedBy(incident.acknowledged_by ?? "?", at)}</span>;
  }
  if (incident.state !== "firing") return null;
  const isViewer = status?.access.mode === "tokens" && status.access.role === "viewer";
  return (
    <>
      <Button
        onClick={() => acknowledge.mutate()}
        loading={acknowledge.isPending}
        disabled={isViewer}
        title={isViewer ? alerts.mayNotAcknowledge : undefined}
        data-testid="acknowledge"
      >
        {alerts.acknowledge}
      </Button>
      {acknowledge.error !== null && <p className={classes.problem}>{problemFrom(acknowledge.error).detail}</p>}
    </>
  );
}
