import { useQuery } from "@tanstack/react-query";
import type { EpochMs } from "../../../core/clock.ts";
import type { EventDensityResponse } from "../../api/events.ts";
import { eventDensityQuery, type Scope } from "../api/queries.ts";
import { useView } from "../app/view.ts";
import { onWholeBuckets } from "./density-window.ts";
import { AXIS_HEIGHT } from "./histogram.tsx";
import classes from "./time-bar.module.css";
import { CHART_HEIGHT, type TimeScale } from "./time-chart.tsx";

const BUCKETS = 120;
const HEIGHT = 6;

/** Where something happened on hosts: a tick under the axis, in the colour of the worst. */
export function EventTicks(props: { readonly scale: TimeScale }) {
  const { scale } = props;
  const { window, hostScope } = useView();
  const { data } = useQuery(eventTicksQuery(hostScope, window));
  const top = CHART_HEIGHT - AXIS_HEIGHT + 1;
  return (
    <svg
      className={classes.events}
      width={scale.width}
      height={CHART_HEIGHT}
      data-testid="event-ticks"
      aria-hidden="true"
    >
      {data?.buckets.map((bucket) => {
        const severity = worstOf(bucket);
        if (severity === undefined) return null;
        const x = scale((bucket.from + bucket.to) / 2);
        return <rect key={bucket.from} data-severity={severity} x={x - 1.5} width="3" y={top} height={HEIGHT} />;
      })}
    </svg>
  );
}

export const eventTicksQuery = (scope: Scope, window: { readonly from: EpochMs; readonly to: EpochMs }) =>
  eventDensityQuery(scope, onWholeBuckets(window, BUCKETS), BUCKETS);

type Bucket = EventDensityResponse["buckets"][number];

function worstOf({ info, warning, critical }: Bucket): "info" | "warning" | "critical" | undefined {
  if (critical > 0) return "critical";
  if (warning > 0) return "warning";
  return info > 0 ? "info" : undefined;
}

/** Events of a bucket, in all. */
export function eventsAt(density: EventDensityResponse | undefined, at: number): number {
  const bucket = density?.buckets.find(({ from, to }) => from <= at && at < to);
  return bucket === undefined ? 0 : bucket.info + bucket.warning + bucket.critical;
}
