import type { CapacityPeaksResponse } from "../../api/capacity.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./capacity.module.css";
import { hourText } from "./capacity-words.ts";

type Profile = CapacityPeaksResponse["hosts"][number]["cpu"];

const CELL = { width: 18, height: 16, gap: 2 };
const LEFT = 40;
const BOTTOM = 18;
const HOURS = 24;
const SHOWN_HOURS = [0, 6, 12, 18] as const;
const NAMED = 3;
/** The faintest a reading is drawn: less would look like none. */
const FAINTEST = 0.08;

/** Of a share, 0 to 1. */
export const opacityOf = (share: number): number => FAINTEST + (1 - FAINTEST) * Math.min(1, share);

/** The hours of a week, the busier the fuller; the busiest are named below. */
export function WeekMap(props: {
  readonly title: string;
  readonly profile: Profile;
  /** What is drawn fullest; undefined: the largest value. */
  readonly most: number | undefined;
  readonly textOf: (value: number) => string;
}) {
  const { capacity } = useTexts();
  const { title, profile, textOf } = props;
  const largest = profile.busiest[0]?.value ?? 0;
  const most = props.most ?? largest;
  const busiest = profile.busiest
    .slice(0, NAMED)
    .map(({ hour, value }) => `${hourText(hour, capacity)} ${textOf(value)}`)
    .join(", ");
  const words = busiest === "" ? capacity.noReadings : capacity.busiest(busiest);
  const [stepX, stepY] = [CELL.width + CELL.gap, CELL.height + CELL.gap];
  const size = { width: LEFT + HOURS * stepX, height: 7 * stepY + BOTTOM };
  return (
    <figure className={classes.week}>
      <figcaption className="panel-title">{title}</figcaption>
      <svg viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={`${title}. ${words}`}>
        {capacity.weekdays.map((day, index) => (
          <text key={day} className={classes.tick} x={0} y={index * stepY + 12}>
            {day}
          </text>
        ))}
        {profile.p95.map((value, hour) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: the index is the hour
            key={hour}
            className={value === null ? classes.cellNone : classes.cell}
            x={LEFT + (hour % HOURS) * stepX}
            y={Math.floor(hour / HOURS) * stepY}
            width={CELL.width}
            height={CELL.height}
            rx={2}
            fillOpacity={value === null ? 1 : opacityOf(most === 0 ? 0 : value / most)}
          >
            <title>{`${hourText(hour, capacity)} ${value === null ? capacity.noReadings : textOf(value)}`}</title>
          </rect>
        ))}
        {profile.busiest.slice(0, 1).map(({ hour }) => (
          <rect
            key={hour}
            className={classes.cellBusiest}
            x={LEFT + (hour % HOURS) * stepX - 1}
            y={Math.floor(hour / HOURS) * stepY - 1}
            width={CELL.width + 2}
            height={CELL.height + 2}
            rx={3}
          />
        ))}
        {SHOWN_HOURS.map((hour) => (
          <text key={hour} className={classes.tick} x={LEFT + hour * stepX} y={size.height - 4}>
            {`${String(hour).padStart(2, "0")}:00`}
          </text>
        ))}
      </svg>
      <p className={classes.muted}>{words}</p>
    </figure>
  );
}
