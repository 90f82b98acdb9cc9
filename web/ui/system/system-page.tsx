import { useQuery } from "@tanstack/react-query";
import type { StatusResponse } from "../../api/status.ts";
import { parseInstant } from "../api/parse.ts";
import { statusQuery } from "../api/queries.ts";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { agoText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import { Operations } from "./operations.tsx";
import { Snapshots } from "./snapshots.tsx";
import classes from "./system.module.css";

/** How the installation itself is. */
export function SystemPage() {
  const texts = useTexts();
  const { data: status, error, refetch } = useQuery(statusQuery);
  return (
    <div className="page" data-testid="system-page">
      <h1>{texts.system.title}</h1>
      {status === undefined && error !== null && <ErrorFace error={error} retry={() => void refetch()} />}
      {status === undefined && error === null && <LoadingFace />}
      {status !== undefined && (
        <>
          <Parts status={status} />
          <Agents status={status} />
          <Snapshots />
          <Operations mayRead={status.access.role === "operator" || status.access.role === "admin"} />
          <section>
            <h2>{texts.system.access}</h2>
            <p>
              {status.access.mode === "loopback"
                ? texts.header.openAccessNote
                : texts.header.signedInAs(status.access.name ?? "", texts.roles[status.access.role ?? "viewer"])}
            </p>
            <p className={classes.muted}>
              {texts.product} {status.version}
            </p>
          </section>
        </>
      )}
    </div>
  );
}

function Parts({ status }: { readonly status: StatusResponse }) {
  const { system } = useTexts();
  const nameOf = (part: string) => Object.entries(system.partNames).find(([known]) => known === part)?.[1] ?? part;
  return (
    <section aria-label={system.parts}>
      <h2>{system.parts}</h2>
      {status.parts.length === 0 && <p className={classes.muted}>{system.noParts}</p>}
      <ul className={classes.parts}>
        {status.parts.map(({ name, state, detail, hint }) => (
          <li key={name} data-testid="part">
            <span className={classes.state} data-state={state}>
              {system.partStates[state]}
            </span>
            <strong>{nameOf(name)}</strong>
            <span className={classes.detail}>
              {detail}
              {hint !== undefined && <small>{hint}</small>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Agents({ status }: { readonly status: StatusResponse }) {
  const texts = useTexts();
  const { system } = texts;
  const { column } = system;
  return (
    <section aria-label={system.agents}>
      <h2>{system.agents}</h2>
      {status.agents.length === 0 ? (
        <EmptyFace small icon="host" title={system.noAgents} hint={system.noAgentsHint} />
      ) : (
        <table className="grid-table">
          <thead>
            <tr>
              <th scope="col">{column.host}</th>
              <th scope="col">{column.cluster}</th>
              <th scope="col">{column.session}</th>
              <th scope="col">{column.since}</th>
              <th scope="col" className="number">
                {column.offset}
              </th>
              <th scope="col">{column.version}</th>
            </tr>
          </thead>
          <tbody>
            {status.agents.map((agent) => (
              <tr key={`${agent.cluster} ${agent.host}`} data-testid="agent">
                <td>{agent.host}</td>
                <td>{agent.cluster}</td>
                <td>
                  <span className={classes.state} data-state={agent.session === "connected" ? "ok" : "degraded"}>
                    {system.session[agent.session]}
                    {agent.verdict !== undefined && `: ${system.verdict[agent.verdict]}`}
                  </span>
                </td>
                <td>{agoText(parseInstant(agent.since), parseInstant(status.now), texts)}</td>
                <td className="number">{Math.round(agent.clock_offset_ms)} ms</td>
                <td>{agent.version}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
