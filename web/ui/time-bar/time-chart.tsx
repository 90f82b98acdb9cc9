import { useElementSize } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { scaleTime } from "d3";
import { type PointerEvent, useEffect, useMemo, useState } from "react";
import type { EpochMs } from "../../../core/clock.ts";
import { densityQuery } from "../api/queries.ts";
import { useView } from "../app/view.ts";
import { instant } from "../model/view-clock.ts";
import { onWholeBuckets } from "./density-window.ts";
import { EventTicks } from "./event-ticks.tsx";
import { Histogram } from "./histogram.tsx";
import { HoverLine } from "./hover-line.tsx";
import { Marks } from "./marks.tsx";
import { PinHandles } from "./pin-handles.tsx";
import { Playhead } from "./playhead.tsx";
import type { TimeActions } from "./time-actions.ts";
import classes from "./time-bar.module.css";

const BUCKETS = 120;
const REFRESH_AFTER_CHANGE_MS = 1_000;
export const CHART_HEIGHT = 60;

/** From moments to px and back. */
export interface TimeScale {
  (at: number): number;
  invert(px: number): EpochMs;
  readonly width: number;
}

export function TimeChart(props: { readonly actions: TimeActions }) {
  const { actions } = props;

  const { window, clock, hostScope, now, shown } = useView();
  const { ref, width } = useElementSize();
  const [hoverPx, setHoverPx] = useState<number>();
  const [dragged, setDragged] = useState(false);
  const scale = useMemo(() => timeScale(window.from, window.to, width), [window.from, window.to, width]);
  const { data: density } = useQuery(densityQuery(hostScope, onWholeBuckets(window, BUCKETS), BUCKETS));
  useRefreshOnChange();
  const momentAt = (event: PointerEvent): EpochMs => {
    const px = event.clientX - event.currentTarget.getBoundingClientRect().left;
    return instant(Math.min(now, scale.invert(Math.min(width, Math.max(0, px)))));
  };
  return (
    <div
      ref={ref}
      className={classes.chart}
      data-testid="time-chart"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragged(true);
        actions.scrubTo(momentAt(event));
      }}
      onPointerMove={(event) => {
        setHoverPx(event.clientX - event.currentTarget.getBoundingClientRect().left);
        if (dragged) actions.scrubTo(momentAt(event));
      }}
      onPointerUp={() => {
        if (!dragged) return;
        setDragged(false);
        void actions.settle();
      }}
      onPointerLeave={() => setHoverPx(undefined)}
    >
      {width > 0 && (
        <>
          <Histogram
            density={density}
            scale={scale}
            historyBeginsAt={shown.kind === "ready" ? shown.historyBeginsAt : undefined}
          />
          <EventTicks scale={scale} />
          <Marks scale={scale} />
          {hoverPx !== undefined && !dragged && <HoverLine px={hoverPx} scale={scale} density={density} />}
          {clock.kind !== "diff" && <Playhead scale={scale} actions={actions} />}
          <PinHandles scale={scale} actions={actions} />
        </>
      )}
    </div>
  );
}

export function timeScale(from: EpochMs, to: EpochMs, width: number): TimeScale {
  const scale = scaleTime([from, to], [0, width]);
  return Object.assign((at: number) => scale(at), {
    invert: (px: number) => instant(scale.invert(px).getTime()),
    width,
  });
}

/** Live changes show in the histogram soon after they happened. */
function useRefreshOnChange(): void {
  const queries = useQueryClient();
  const { shown } = useView();
  const changes = shown.kind === "ready" ? shown.changes : undefined;
  useEffect(() => {
    if (changes === undefined || changes.length === 0) return;
    const timer = setTimeout(() => void queries.invalidateQueries({ queryKey: ["density"] }), REFRESH_AFTER_CHANGE_MS);
    return () => clearTimeout(timer);
  }, [changes, queries]);
}
