import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { CAPACITY_RESOURCES, type CapacityRow, type CapacityScope } from "../../api/capacity.ts";
import { capacityQuery } from "../api/capacity.ts";
import { serverNow } from "../app/server-clock.ts";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./capacity.module.css";
import {
  amountText,
  forecastText,
  keyOfThing,
  percentText,
  placeText,
  resourceText,
  spanText,
  thingText,
  urgencyOf,
} from "./capacity-words.ts";
import { ShareBar } from "./share-bar.tsx";
import { History, Soonest } from "./soonest.tsx";
import { StaleNote } from "./stale-note.tsx";
import { WideTable } from "./wide-table.tsx";

export function CapacityRows(props: {
  readonly cluster: string | undefined;
  readonly scope: CapacityScope | undefined;
}) {
  const { capacity } = useTexts();
  const [resource, setResource] = useState<string>();
  const asked = { ...props, resource };
  const { data, error, refetch } = useQuery(capacityQuery(asked));
  if (data === undefined) {
    return error === null ? <LoadingFace /> : <ErrorFace error={error} retry={() => void refetch()} />;
  }
  const isFirst = resource === undefined && props.scope === undefined && props.cluster === undefined;
  if (data.rows.length === 0 && isFirst)
    return <EmptyFace icon="chart" title={capacity.none} hint={capacity.noneHint} />;
  return (
    <>
      <StaleNote clusters={data.clusters} />
      <section className={classes.filters}>
        <NativeSelect
          aria-label={capacity.resourceLabel}
          value={resource ?? ""}
          onChange={(event) => setResource(event.currentTarget.value || undefined)}
          data={[
            { value: "", label: capacity.allResources },
            ...CAPACITY_RESOURCES.filter((each) => each !== "addresses").map((each) => ({
              value: each,
              label: capacity.resource[each],
            })),
          ]}
          data-testid="capacity-resource"
        />
        <span className={classes.muted}>{capacity.shown(data.rows.length, data.found)}</span>
      </section>
      {data.rows.length === 0 ? (
        <EmptyFace small icon="chart" title={capacity.noneHere} hint={capacity.noneHereHint} />
      ) : (
        <>
          <Soonest rows={data.rows} />
          <RowsTable rows={data.rows} />
        </>
      )}
    </>
  );
}

function RowsTable({ rows }: { readonly rows: readonly CapacityRow[] }) {
  const { capacity } = useTexts();
  const { column } = capacity;
  const [open, setOpen] = useState<string>();
  return (
    <section aria-label={capacity.all}>
      <h2>{capacity.all}</h2>
      <WideTable label={capacity.all}>
        <table className={`grid-table ${classes.table}`}>
          <thead>
            <tr>
              <th scope="col">{column.resource}</th>
              <th scope="col">{column.where}</th>
              <th scope="col" className="number">
                {column.used}
              </th>
              <th scope="col">{column.of}</th>
              <th scope="col" className="number">
                {column.available}
              </th>
              <th scope="col">{column.runsOut}</th>
              <th scope="col">
                <span className="sr-only">{column.history}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const key = keyOfThing(row.thing);
              const isOpen = key === open;
              return (
                <Fragment key={key}>
                  <Row row={row} isOpen={isOpen} onToggle={() => setOpen(isOpen ? undefined : key)} />
                  {isOpen && (
                    <tr>
                      <td colSpan={7}>
                        <History row={row} />
                      </td>
                    </tr>
                  )}
                </Fragment>
              );
            })}
          </tbody>
        </table>
      </WideTable>
    </section>
  );
}

function Row(props: { readonly row: CapacityRow; readonly isOpen: boolean; readonly onToggle: () => void }) {
  const texts = useTexts();
  const { capacity } = texts;
  const { thing, used, total, available, share, forecast } = props.row;
  const now = serverNow();
  const urgency = urgencyOf(props.row, now);
  const amount = (value: number | undefined) => (value === undefined ? "–" : amountText(thing.resource, value));
  return (
    <tr data-testid="capacity-row">
      <td>
        <strong>{resourceText(thing.resource, texts)}</strong>
      </td>
      <td>
        <span className={classes.name} title={placeText(thing, texts)}>
          {placeText(thing, texts)}
        </span>
        {thing.scope !== "cluster" && <small>{thing.cluster}</small>}
      </td>
      <td className="number">
        {total === undefined ? `${amount(used)} · ${capacity.noLimit}` : capacity.ofTotal(amount(used), amount(total))}
      </td>
      <td>
        {share !== undefined && (
          <span className={classes.share}>
            <ShareBar share={share} urgency={urgency} />
            <span className={classes.percent}>{percentText(share)}</span>
          </span>
        )}
      </td>
      <td className="number">{amount(available)}</td>
      <td>
        <span className={classes.when} data-urgency={urgency}>
          {urgency !== "none" && <Icon name="warning" size={14} />}
          {forecastText(forecast, now, texts)}
        </span>
        <small>{spanText(forecast, texts)}</small>
      </td>
      <td>
        <button
          type="button"
          className="link-button"
          aria-expanded={props.isOpen}
          aria-label={capacity.showHistory(thingText(thing, texts))}
          onClick={props.onToggle}
          data-testid="capacity-history"
        >
          <Icon name="chart" />
        </button>
      </td>
    </tr>
  );
}
