import { useQuery } from "@tanstack/react-query";
import type { CapacitySubnet } from "../../api/capacity.ts";
import { capacitySubnetsQuery } from "../api/capacity.ts";
import { serverNow } from "../app/server-clock.ts";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./capacity.module.css";
import { amountText, forecastText, percentText, spanText, urgencyOf } from "./capacity-words.ts";
import { ShareBar } from "./share-bar.tsx";
import { StaleNote } from "./stale-note.tsx";

/** Subnets, and what each region has of them: one may be out of addresses while the others have plenty. */
export function Subnets({ cluster }: { readonly cluster: string | undefined }) {
  const { capacity } = useTexts();
  const { data, error, refetch } = useQuery(capacitySubnetsQuery(cluster));
  if (data === undefined) {
    return error === null ? <LoadingFace /> : <ErrorFace error={error} retry={() => void refetch()} />;
  }
  if (data.subnets.length === 0) {
    return <EmptyFace icon="chart" title={capacity.noSubnets} hint={capacity.noneHint} />;
  }
  return (
    <>
      <StaleNote clusters={data.clusters} />
      <section aria-label={capacity.subnetsTitle}>
        <h2>
          {capacity.subnetsTitle}{" "}
          <span className={classes.muted}>{capacity.shown(data.subnets.length, data.found)}</span>
        </h2>
        {data.subnets.map((subnet) => (
          <Subnet key={`${subnet.cluster} ${subnet.subnet_ids.join()}`} subnet={subnet} />
        ))}
      </section>
    </>
  );
}

function Subnet({ subnet }: { readonly subnet: CapacitySubnet }) {
  const { capacity } = useTexts();
  const count = (value: number) => amountText("addresses", value);
  const { free, largest_free } = subnet.fragmentation;
  return (
    <article className={classes.subnet} aria-label={subnet.subnet} data-testid="capacity-subnet">
      <header>
        <strong>{subnet.subnet}</strong>
        <span className="mono">{subnet.cidr}</span>
        <span className={classes.muted}>
          {subnet.cluster} · {capacity.ofTotal(count(subnet.used), count(subnet.total ?? 0))} ·{" "}
          {capacity.fragmentation(count(free), count(largest_free))}
        </span>
      </header>
      <table className={`grid-table ${classes.ranges}`}>
        <thead className="sr-only">
          <tr>
            {[
              capacity.region,
              capacity.range,
              capacity.column.of,
              capacity.column.available,
              capacity.column.runsOut,
            ].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {subnet.ranges.map((range) => (
            <Range key={`${range.region ?? ""} ${range.range}`} range={range} />
          ))}
        </tbody>
      </table>
      {subnet.overlaps.map(({ regions, ranges, addresses }) => (
        <p key={ranges.join()} className={classes.when} data-urgency="warning">
          <Icon name="warning" size={14} />
          {capacity.overlap(regions.join(", "), count(addresses))}
        </p>
      ))}
    </article>
  );
}

function Range({ range }: { readonly range: CapacitySubnet["ranges"][number] }) {
  const texts = useTexts();
  const now = serverNow();
  const urgency = urgencyOf(range, now);
  return (
    <tr data-testid="capacity-range">
      <td>
        <strong>{range.region ?? "–"}</strong>
      </td>
      <td className="mono">{range.range}</td>
      <td>
        <span className={classes.share}>
          <ShareBar share={range.share ?? 0} urgency={urgency} />
          {percentText(range.share ?? 0)}
        </span>
      </td>
      <td>{texts.capacity.free(amountText("addresses", range.available ?? 0))}</td>
      <td>
        <span className={classes.when} data-urgency={urgency}>
          {urgency !== "none" && <Icon name="warning" size={14} />}
          {forecastText(range.forecast, now, texts)}
        </span>
        <small>{spanText(range.forecast, texts)}</small>
      </td>
    </tr>
  );
}
