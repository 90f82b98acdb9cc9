import { useElementSize } from "@mantine/hooks";
import { useMemo } from "react";
import type { EpochMs } from "../../../core/clock.ts";
import type { CapacityHistoryResponse } from "../../api/capacity.ts";
import { parseInstant } from "../api/parse.ts";
import { dateText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./capacity.module.css";
import { amountText } from "./capacity-words.ts";
import { historyGeometry } from "./history-geometry.ts";

const HEIGHT = 168;
const LEFT = 64;
const BOTTOM = 20;
const BYTES: ReadonlySet<string> = new Set(["memory", "disk", "volumes"]);

/** What was used under the line of what there is, and the cone of what is expected. */
export function HistoryChart(props: {
  readonly history: CapacityHistoryResponse["histories"][number];
  readonly times: readonly number[];
  readonly now: EpochMs;
  readonly resource: string;
  readonly label: string;
}) {
  const { chart } = useTexts().capacity;
  const { history, times, now, resource, label } = props;
  const { ref, width } = useElementSize();
  const drawn = useMemo(() => {
    const frame = { width: Math.max(200, width), height: HEIGHT, left: LEFT, bottom: BOTTOM };
    return historyGeometry(history, times, { frame, now, base: BYTES.has(resource) ? 2 : 10 });
  }, [history, times, now, resource, width]);
  const right = Math.max(200, width) - 4;
  return (
    <div ref={ref} className={classes.chart}>
      <svg width="100%" height={HEIGHT} role="img" aria-label={label}>
        {drawn.yTicks.map(({ y, value }) => (
          <g key={value}>
            <line className={classes.gridLine} x1={LEFT} x2={right} y1={y} y2={y} />
            <text className={classes.tick} x={LEFT - 6} y={y + 4} textAnchor="end">
              {amountText(resource, value)}
            </text>
          </g>
        ))}
        {drawn.xTicks.map(({ x, at }) => (
          <text key={at} className={classes.tick} x={x} y={HEIGHT - 4} textAnchor="middle">
            {dateText(parseInstant(at)).slice(5)}
          </text>
        ))}
        <path className={classes.usedArea} d={drawn.area} />
        <path className={classes.cone} d={drawn.cone} />
        <path className={classes.likely} d={drawn.likely} />
        <path className={classes.totalLine} d={drawn.total} />
        <path className={classes.usedLine} d={drawn.used} />
        <line className={classes.nowLine} x1={drawn.nowX} x2={drawn.nowX} y1={10} y2={HEIGHT - BOTTOM} />
        {drawn.runOut !== undefined && (
          <g className={classes.runOut}>
            <line x1={drawn.runOut.x1} x2={drawn.runOut.x2} y1={drawn.runOut.y} y2={drawn.runOut.y} />
            <circle cx={drawn.runOut.likelyX} cy={drawn.runOut.y} r={4} />
          </g>
        )}
      </svg>
      <ul className={classes.keys} aria-hidden="true">
        <li data-key="used">{chart.used}</li>
        <li data-key="total">{chart.total}</li>
        {history.forecast.kind === "runs_out" && <li data-key="expected">{chart.expected}</li>}
      </ul>
    </div>
  );
}
