import { useView } from "../app/view.ts";
import { useTexts } from "../text/texts.tsx";
import { CompareMenu } from "./compare-menu.tsx";
import { GoLive, PinButtons } from "./pin-buttons.tsx";
import { Readout } from "./readout.tsx";
import { useTimeActions } from "./time-actions.ts";
import classes from "./time-bar.module.css";
import { TimeChart } from "./time-chart.tsx";
import { Transport } from "./transport.tsx";
import { usePlaying } from "./use-playing.ts";
import { WindowMenu } from "./window-menu.tsx";

/** Time at the foot of the page: what changed when, what moment is shown, and every way to another one. */
export function TimeBar() {
  const view = useView();
  const { timeBar } = useTexts();
  const actions = useTimeActions(view);
  usePlaying(view, actions);
  return (
    <section className={classes.bar} aria-label={timeBar.label} data-clock={view.clock.kind} data-testid="time-bar">
      <div className={classes.controls}>
        <Transport actions={actions} />
        <Readout />
        <div className={classes.space} />
        <PinButtons actions={actions} />
        <CompareMenu actions={actions} />
        <WindowMenu />
        <GoLive actions={actions} />
      </div>
      <TimeChart actions={actions} />
    </section>
  );
}
