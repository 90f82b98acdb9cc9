import type { KeyboardEvent } from "react";
import { useView } from "../app/view.ts";
import { momentText } from "../model/time-text.ts";
import { instant } from "../model/view-clock.ts";
import { useTexts } from "../text/texts.tsx";
import type { TimeActions } from "./time-actions.ts";
import classes from "./time-bar.module.css";
import type { TimeScale } from "./time-chart.tsx";

const STEPS = 120;

/** The moment shown, as a handle that the keyboard moves too. */
export function Playhead(props: { readonly scale: TimeScale; readonly actions: TimeActions }) {
  const { timeBar } = useTexts();
  const { moment, window, clock, now } = useView();
  const { scale, actions } = props;
  const step = (window.to - window.from) / STEPS;
  const onKeyDown = (event: KeyboardEvent): void => {
    const target = targetOf(event.key, { moment, step, ...window });
    if (target === undefined) return;
    event.preventDefault();
    void actions.goTo(instant(target));
  };
  return (
    <div
      className={classes.playhead}
      style={{ left: Math.min(scale.width - 1, Math.max(0, scale(moment))) }}
      role="slider"
      tabIndex={0}
      aria-label={timeBar.slider}
      aria-valuemin={window.from}
      aria-valuemax={window.to}
      aria-valuenow={moment}
      aria-valuetext={clock.kind === "live" ? timeBar.live : momentText(moment, now)}
      onKeyDown={onKeyDown}
      data-testid="playhead"
    />
  );
}

function targetOf(
  key: string,
  at: { readonly moment: number; readonly step: number; readonly from: number; readonly to: number },
): number | undefined {
  switch (key) {
    case "ArrowLeft":
      return at.moment - at.step;
    case "ArrowRight":
      return at.moment + at.step;
    case "PageUp":
      return at.moment - at.step * 10;
    case "PageDown":
      return at.moment + at.step * 10;
    case "Home":
      return at.from;
    case "End":
      return at.to;
    default:
      return undefined;
  }
}
