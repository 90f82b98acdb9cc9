import type { CapacityPeaksResponse } from "../../api/capacity.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./capacity.module.css";
import { hourText, percentText } from "./capacity-words.ts";
import { DayStrip } from "./day-strip.tsx";
import { type Standing, standingsOf } from "./rebalancing.ts";
import { WideTable } from "./wide-table.tsx";

/** Which hosts are busy together, and which two would help each other: what whoever moves machines has to know. */
export function RebalancingTable({ hosts }: { readonly hosts: CapacityPeaksResponse["hosts"] }) {
  const { capacity } = useTexts();
  const { column } = capacity.rebalancing;
  const standings = standingsOf(hosts);
  const clusters = new Set(hosts.map(({ cluster }) => cluster));
  return (
    <WideTable label={capacity.rebalancing.title}>
      <table className={`grid-table ${classes.rebalancing}`} data-testid="capacity-rebalancing">
        <thead>
          <tr>
            <th scope="col">{column.host}</th>
            <th scope="col">{column.day}</th>
            <th scope="col">{column.peak}</th>
            <th scope="col" className="number">
              {column.busy}
            </th>
            <th scope="col">{column.together}</th>
            <th scope="col">{column.move}</th>
          </tr>
        </thead>
        <tbody>
          {standings.map((standing) => (
            <HostRow
              key={`${standing.peaks.cluster} ${standing.peaks.host}`}
              standing={standing}
              showsCluster={clusters.size > 1}
            />
          ))}
        </tbody>
      </table>
    </WideTable>
  );
}

function HostRow({ standing, showsCluster }: { readonly standing: Standing; readonly showsCluster: boolean }) {
  const { capacity } = useTexts();
  const { rebalancing } = capacity;
  const { peaks, peak, together, partner } = standing;
  return (
    <tr data-testid="capacity-standing">
      <td>
        <strong className={classes.name} title={peaks.host}>
          {peaks.host}
        </strong>
        {showsCluster && <small>{peaks.cluster}</small>}
      </td>
      <td>
        <DayStrip p95={peaks.cpu.p95} />
      </td>
      <td>{peak === undefined ? capacity.noReadings : hourText(peak.hour, capacity)}</td>
      <td className="number">{peak === undefined ? "–" : percentText(peak.value)}</td>
      <td>
        {together.length === 0 ? (
          <span className={classes.muted}>{rebalancing.alone}</span>
        ) : (
          <span className={classes.together} title={together.join(", ")}>
            {together.join(", ")}
          </span>
        )}
      </td>
      <td>
        {partner === undefined ? (
          <span className={classes.muted}>–</span>
        ) : (
          <>
            <strong className={classes.name} title={partner.host}>
              → {partner.host}
            </strong>
            <small>{rebalancing.gain(percentText(partner.thenBusy), percentText(partner.evenedPeak))}</small>
          </>
        )}
      </td>
    </tr>
  );
}
