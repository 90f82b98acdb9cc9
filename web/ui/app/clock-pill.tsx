import { useLive } from "../live/live-store.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import { usePlay } from "../time-bar/play-store.ts";
import classes from "./frame.module.css";
import { useViewSearch } from "./use-view-search.ts";
import { clockOf } from "./view-search.ts";

/** Whether the page shows now, the past, or a difference. */
export function ClockPill() {
  const { header } = useTexts();
  const search = useViewSearch();
  const scrub = usePlay((state) => state.scrub);
  const connection = useLive((state) => state.connection.kind);
  const clock = scrub === undefined ? clockOf(search).kind : "past";
  if (clock !== "live") {
    return (
      <span className={classes.pill} data-state={clock} data-testid="clock-pill">
        <Icon name={clock === "past" ? "clock" : "compare"} size={14} />
        {clock === "past" ? header.past : header.diff}
      </span>
    );
  }
  const state = connection === "refused" ? "lost" : connection;
  return (
    <span className={classes.pill} data-state={state} data-testid="clock-pill">
      <span className={classes.dot} data-state={state} />
      {header[state]}
    </span>
  );
}
