import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CapacityPeaksResponse } from "../../api/capacity.ts";
import { capacityPeaksQuery } from "../api/capacity.ts";
import { quantityText } from "../details/quantity.ts";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { useTexts } from "../text/texts.tsx";
import classes from "./capacity.module.css";
import { RebalancingTable } from "./rebalancing-table.tsx";
import { WeekMap } from "./week-map.tsx";

const TYPING_MS = 400;

/** When hosts are busy: machines are moved by what they need at their peaks, and not when they have them. */
export function Peaks({ cluster }: { readonly cluster: string | undefined }) {
  const { capacity } = useTexts();
  const [text, setText] = useState("");
  const [typed] = useDebouncedValue(text.trim(), TYPING_MS);
  const host = typed === "" ? undefined : typed;
  const { data, error, refetch } = useQuery(capacityPeaksQuery({ cluster, host }));
  return (
    <section aria-label={capacity.peaksTitle}>
      <h2>{capacity.peaksTitle}</h2>
      <p className={classes.muted}>{capacity.peaksHint}</p>
      <div className={classes.filters}>
        <TextInput
          aria-label={capacity.peaksHost}
          placeholder={capacity.peaksAll}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          className={classes.hostInput}
          data-testid="peaks-host"
        />
        {data !== undefined && <span className={classes.muted}>{capacity.peaksOf(data.hosts.length, data.found)}</span>}
      </div>
      {data === undefined && error === null && <LoadingFace small />}
      {data === undefined && error !== null && <ErrorFace small error={error} retry={() => void refetch()} />}
      {data?.hosts.length === 0 && (
        <EmptyFace
          small
          icon="host"
          title={host === undefined ? capacity.noPeaks : capacity.noPeaksHost(host)}
          hint={capacity.noPeaksHint}
        />
      )}
      {data !== undefined && data.hosts.length > 1 && (
        <>
          <h3 className={classes.part}>{capacity.rebalancing.title}</h3>
          <p className={classes.muted}>{capacity.rebalancing.hint}</p>
          <RebalancingTable hosts={data.hosts} />
          <h3 className={classes.part}>{capacity.rebalancing.each}</h3>
        </>
      )}
      {data?.hosts.map((each) => (
        <Host key={`${each.cluster} ${each.host}`} peaks={each} />
      ))}
    </section>
  );
}

type HostPeaks = CapacityPeaksResponse["hosts"][number];

function Host({ peaks }: { readonly peaks: HostPeaks }) {
  const { capacity } = useTexts();
  return (
    <article className={classes.peaks} aria-label={peaks.host} data-testid="capacity-peaks">
      <header>
        <strong className={classes.name} title={peaks.host}>
          {peaks.host}
        </strong>{" "}
        <span className={classes.muted}>{peaks.cluster}</span>
      </header>
      <div className={classes.maps}>
        <WeekMap
          title={capacity.cpu}
          profile={peaks.cpu}
          most={1}
          textOf={(value) => quantityText(value * 100, "percent")}
        />
        <WeekMap
          title={capacity.network}
          profile={peaks.network}
          most={undefined}
          textOf={(value) => quantityText(value, "bits_per_second")}
        />
      </div>
    </article>
  );
}
