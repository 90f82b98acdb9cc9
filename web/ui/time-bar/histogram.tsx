import { max, scaleSqrt, scaleTime } from "d3";
import { memo } from "react";
import type { EpochMs } from "../../../core/clock.ts";
import type { DensityResponse } from "../../api/topology.ts";
import { clockText, dateText } from "../model/time-text.ts";
import { DAY_MS, HOUR_MS, instant } from "../model/view-clock.ts";
import classes from "./time-bar.module.css";
import { CHART_HEIGHT, type TimeScale } from "./time-chart.tsx";

export const AXIS_HEIGHT = 18;
const TOP = 12;
/** A single change in a week must still be seen. */
const LEAST_BAR = 3;
const TICK_EVERY_PX = 120;

/** How much changed when: removed on top of changed on top of added. Heights grow with the root of the count. */
export const Histogram = memo(function Histogram(props: {
  readonly density: DensityResponse | undefined;
  readonly scale: TimeScale;
  readonly historyBeginsAt: EpochMs | undefined;
}) {
  const { scale, density, historyBeginsAt } = props;
  const buckets = density?.buckets ?? [];
  const most = max(buckets, totalOf) ?? 1;
  const bottom = CHART_HEIGHT - AXIS_HEIGHT;
  const heightOf = scaleSqrt([0, Math.max(4, most)], [0, bottom - TOP]);
  const begins = historyBeginsAt === undefined ? 0 : Math.min(scale.width, Math.max(0, scale(historyBeginsAt)));
  return (
    <svg className={classes.histogram} width={scale.width} height={CHART_HEIGHT} aria-hidden="true">
      {begins > 0 && <rect className={classes.before} width={begins} height={bottom} />}
      <line className={classes.axis} x1="0" x2={scale.width} y1={bottom + 0.5} y2={bottom + 0.5} />
      {buckets.map((bucket) => {
        const total = totalOf(bucket);
        if (total === 0) return null;
        const [left, right] = [scale(bucket.from), scale(bucket.to)];
        const height = Math.max(LEAST_BAR, heightOf(total));
        const width = Math.max(2, right - left - 1);
        return <Bar key={bucket.from} x={left} width={width} bottom={bottom} height={height} bucket={bucket} />;
      })}
      {ticksOf(scale).map(({ x, text }) => (
        <g key={x} transform={`translate(${x} ${bottom})`}>
          <line className={classes.tick} y1="0" y2="4" />
          <text className={classes.tickText} y="14" textAnchor="middle">
            {text}
          </text>
        </g>
      ))}
    </svg>
  );
});

type Bucket = DensityResponse["buckets"][number];

function totalOf(bucket: Bucket): number {
  return bucket.added + bucket.updated + bucket.removed;
}

function Bar(props: {
  readonly x: number;
  readonly width: number;
  readonly bottom: number;
  readonly height: number;
  readonly bucket: Bucket;
}) {
  const { x, width, bottom, height, bucket } = props;
  const unit = height / totalOf(bucket);
  const [added, updated, removed] = [bucket.added * unit, bucket.updated * unit, bucket.removed * unit];
  return (
    <g>
      <rect className={classes.added} x={x} width={width} y={bottom - added} height={added} />
      <rect className={classes.updated} x={x} width={width} y={bottom - added - updated} height={updated} />
      <rect className={classes.removed} x={x} width={width} y={bottom - height} height={removed} />
    </g>
  );
}

function ticksOf(scale: TimeScale): readonly { readonly x: number; readonly text: string }[] {
  const [from, to] = [scale.invert(0), scale.invert(scale.width)];
  const time = scaleTime([from, to], [0, scale.width]);
  return time
    .ticks(Math.max(2, Math.floor(scale.width / TICK_EVERY_PX)))
    .map((date) => ({ x: Math.round(time(date)) + 0.5, text: tickText(instant(date.getTime()), to - from) }))
    .filter(({ x }) => x > 24 && x < scale.width - 24);
}

/** Seconds within minutes, minutes within days, else the day too. */
function tickText(at: EpochMs, spanMs: number): string {
  const time = clockText(at);
  if (spanMs <= HOUR_MS / 4) return time;
  if (spanMs <= DAY_MS) return time.slice(0, 5);
  return time === "00:00:00" ? dateText(at).slice(5) : `${dateText(at).slice(5)} ${time.slice(0, 5)}`;
}
