import { useQuery } from "@tanstack/react-query";
import type { CapacitySubnet } from "../../api/capacity.ts";
import { capacitySubnetsQuery } from "../api/capacity.ts";
import { serverNow } from "../app/server-clock.ts";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./capacity.module.css";
import { amountText, forecastText, percentText, spanText, urgencyOf } from "./capacity-words.ts";
import { RangeMap } from "./range-map.tsx";
import { ShareBar } from "./share-bar.tsx";
import { StaleNote } from "./stale-note.tsx";
import { WideTable } from "./wide-table.tsx";

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

type Region = CapacitySubnet["regions"][number];

function Subnet({ subnet }: { readonly subnet: CapacitySubnet }) {
  const { capacity } = useTexts();
  const now = serverNow();
  const count = (value: number) => amountText("addresses", value);
  const { free, largest_free } = subnet.fragmentation;
  const regions = subnet.regions.toSorted((a, b) => (b.share ?? 0) - (a.share ?? 0));
  const urgencies = new Map(regions.map((region) => [region.region, urgencyOf(region, now)]));
  return (
    <article className={classes.subnet} aria-label={subnet.subnet} data-testid="capacity-subnet">
      <header>
        <strong className={classes.name} title={subnet.subnet}>
          {subnet.subnet}
        </strong>
        <span className="mono">{subnet.cidr}</span>
        <span className={classes.muted}>
          {subnet.cluster} · {capacity.ofTotal(count(subnet.used), count(subnet.total ?? 0))} ·{" "}
          {capacity.fragmentation(count(free), count(largest_free))}
        </span>
      </header>
      <RangeMap subnet={subnet} urgencyOf={(region) => urgencies.get(region) ?? "none"} />
      <WideTable label={capacity.rangeTable(subnet.subnet)}>
        <table className={`grid-table ${classes.ranges}`}>
          <thead>
            <tr>
              <th scope="col">{capacity.region}</th>
              <th scope="col">{capacity.range}</th>
              <th scope="col">{capacity.column.of}</th>
              <th scope="col" className="number">
                {capacity.column.used}
              </th>
              <th scope="col" className="number">
                {capacity.column.available}
              </th>
              <th scope="col">{capacity.column.runsOut}</th>
            </tr>
          </thead>
          <tbody>
            {regions.map((region) => (
              <RegionRow
                key={region.region ?? ""}
                region={region}
                ranges={subnet.ranges.filter((range) => range.region === region.region)}
              />
            ))}
          </tbody>
        </table>
      </WideTable>
      {subnet.overlaps.map(({ regions: both, ranges, addresses }) => (
        <p key={ranges.join()} className={classes.when} data-urgency="warning">
          <Icon name="warning" size={14} />
          {capacity.overlap(both.join(", "), count(addresses))}
        </p>
      ))}
    </article>
  );
}

function RegionRow({ region, ranges }: { readonly region: Region; readonly ranges: CapacitySubnet["ranges"] }) {
  const texts = useTexts();
  const now = serverNow();
  const urgency = urgencyOf(region, now);
  const share = region.share ?? 0;
  const count = (value: number) => amountText("addresses", value);
  return (
    <tr data-testid="capacity-range">
      <td>
        <strong className={classes.name} title={region.region}>
          {region.region ?? "–"}
        </strong>
      </td>
      <td className="mono">
        {ranges.map(({ range }) => (
          <div key={range}>{range}</div>
        ))}
      </td>
      <td>
        <span className={classes.share}>
          <ShareBar share={share} urgency={urgency} />
          <span className={classes.percent}>{percentText(share)}</span>
        </span>
      </td>
      <td className="number">{texts.capacity.ofTotal(count(region.used), count(region.total ?? 0))}</td>
      <td className="number">{count(region.available ?? 0)}</td>
      <td>
        <span className={classes.when} data-urgency={urgency}>
          {urgency !== "none" && <Icon name="warning" size={14} />}
          {forecastText(region.forecast, now, texts)}
        </span>
        <small>{spanText(region.forecast, texts)}</small>
      </td>
    </tr>
  );
}
