import { useQuery } from "@tanstack/react-query";
import type { Incident } from "../../api/alerts.ts";
import { incidentsQuery, statusQuery } from "../api/queries.ts";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { useTexts } from "../text/texts.tsx";
import classes from "./alerts.module.css";
import { IncidentRow } from "./incident-row.tsx";

export function AlertsPage() {
  const { alerts } = useTexts();
  return (
    <div className="page" data-testid="alerts-page">
      <h1>{alerts.title}</h1>
      <ReceiverNote />
      <Incidents />
    </div>
  );
}

const RANK = { critical: 2, warning: 1, info: 0 } as const;

function Incidents() {
  const { alerts } = useTexts();
  const { data, error, refetch } = useQuery(incidentsQuery);
  if (data === undefined && error !== null) return <ErrorFace error={error} retry={() => void refetch()} />;
  if (data === undefined) return <LoadingFace />;
  if (data.length === 0) return <EmptyFace icon="bell" title={alerts.none} hint={alerts.noneHint} />;
  const worstFirst = data.toSorted((a, b) => RANK[b.severity] - RANK[a.severity] || b.started_at - a.started_at);
  const newestFirst = data.toSorted((a, b) => b.started_at - a.started_at);
  return (
    <>
      <IncidentTable title={alerts.firing} incidents={worstFirst.filter(({ state }) => state === "firing")} />
      <IncidentTable title={alerts.resolved} incidents={newestFirst.filter(({ state }) => state === "resolved")} />
    </>
  );
}

function IncidentTable(props: { readonly title: string; readonly incidents: readonly Incident[] }) {
  const { column } = useTexts().alerts;
  if (props.incidents.length === 0) return null;
  return (
    <section aria-label={props.title}>
      <h2>
        {props.title} <small className={classes.count}>{props.incidents.length}</small>
      </h2>
      <table className={`grid-table ${classes.table}`}>
        <thead>
          <tr>
            {[column.severity, column.what, column.where, column.since, column.message, column.action].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.incidents.map((incident) => (
            <IncidentRow key={incident.id} incident={incident} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The part that sends messages, as the server names it. */
const MESSAGE_PART = /feishu|notify|receiver/i;

function ReceiverNote() {
  const { alerts } = useTexts();
  const { data: status } = useQuery(statusQuery);
  const part = status?.parts.find(({ name }) => MESSAGE_PART.test(name));
  if (part === undefined || part.state !== "off") return null;
  return (
    <section className={classes.note} data-testid="no-receiver">
      <strong>{alerts.noReceiver}</strong>
      <p>{alerts.noReceiverHint}</p>
    </section>
  );
}
