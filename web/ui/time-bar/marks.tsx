import { useQuery } from "@tanstack/react-query";
import { incidentsQuery, snapshotsQuery } from "../api/queries.ts";
import { useView } from "../app/view.ts";
import { MARKS } from "../map/glyphs.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./time-bar.module.css";
import type { TimeScale } from "./time-chart.tsx";

/** Alerts that began and snapshots that were taken within the window. */
export function Marks(props: { readonly scale: TimeScale }) {
  const { scale } = props;
  const texts = useTexts();
  const { scope, window } = useView();
  const { data: incidents = [] } = useQuery(incidentsQuery);
  const { data: snapshots = [] } = useQuery(snapshotsQuery(scope.cluster));
  const isInside = (at: number): boolean => window.from <= at && at <= window.to;
  return (
    <svg className={classes.marks} data-testid="time-marks" width={scale.width} height="12" aria-hidden="true">
      {snapshots
        .filter(({ at }) => isInside(at))
        .map(({ name, at }) => (
          <path key={name} className={classes.snapshot} transform={`translate(${scale(at)} 6)`} d="M0 -4L4 0L0 4L-4 0Z">
            <title>{`${texts.timeBar.snapshot}: ${name}`}</title>
          </path>
        ))}
      {incidents
        .filter(({ started_at }) => isInside(started_at))
        .map(({ id, severity, started_at, summary }) => (
          <path
            key={id}
            className={classes.alert}
            data-severity={severity}
            fillRule="evenodd"
            transform={`translate(${scale(started_at) - 5} 1) scale(0.85)`}
            d={severity === "critical" ? MARKS.octagon : severity === "warning" ? MARKS.triangle : MARKS.info}
          >
            <title>{summary}</title>
          </path>
        ))}
    </svg>
  );
}
