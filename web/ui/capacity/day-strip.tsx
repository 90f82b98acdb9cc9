import type { CapacityPeaksResponse } from "../../api/capacity.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./capacity.module.css";
import { percentText } from "./capacity-words.ts";
import { dayProfile } from "./rebalancing.ts";
import { opacityOf } from "./week-map.tsx";

const CELL = { width: 7, height: 18 };

/** The hours of a day as 24 cells, the busier the fuller: below one another they show who is busy together. */
export function DayStrip({ p95 }: { readonly p95: CapacityPeaksResponse["hosts"][number]["cpu"]["p95"] }) {
  const { capacity } = useTexts();
  const hours = dayProfile(p95);
  const width = hours.length * CELL.width;
  return (
    <svg
      className={classes.strip}
      width={width}
      height={CELL.height}
      viewBox={`0 0 ${width} ${CELL.height}`}
      role="img"
      aria-label={capacity.rebalancing.day}
    >
      {hours.map((value, hour) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: the index is the hour
          key={hour}
          className={value === null ? classes.cellNone : classes.cell}
          x={hour * CELL.width}
          width={CELL.width - 1}
          height={CELL.height}
          fillOpacity={value === null ? 1 : opacityOf(value)}
        >
          <title>{`${String(hour).padStart(2, "0")}:00 ${value === null ? capacity.noReadings : percentText(value)}`}</title>
        </rect>
      ))}
    </svg>
  );
}
