import { useQuery } from "@tanstack/react-query";
import type { DensityResponse } from "../../api/topology.ts";
import { useView } from "../app/view.ts";
import { momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import { eventsAt, eventTicksQuery } from "./event-ticks.tsx";
import classes from "./time-bar.module.css";
import type { TimeScale } from "./time-chart.tsx";

/** The moment under the pointer, and what changed around it. */
export function HoverLine(props: {
  readonly px: number;
  readonly scale: TimeScale;
  readonly density: DensityResponse | undefined;
}) {
  const { timeBar, events } = useTexts();
  const { now, window, hostScope } = useView();
  const { data: eventDensity } = useQuery(eventTicksQuery(hostScope, window));
  const { px, scale } = props;
  const at = scale.invert(px);
  const bucket = props.density?.buckets.find(({ from, to }) => from <= at && at < to);
  const hasChanges = bucket !== undefined && bucket.added + bucket.updated + bucket.removed > 0;
  const happened = eventsAt(eventDensity, at);
  const isRight = px > scale.width - 180;
  return (
    <div className={classes.hover} style={{ left: px }} aria-hidden="true">
      <span data-right={isRight}>
        {momentText(at, now)}
        {hasChanges && ` · ${timeBar.buckets(bucket.added, bucket.updated, bucket.removed)}`}
        {happened > 0 && ` · ${events.count(happened)}`}
      </span>
    </div>
  );
}
