import { useView } from "../app/view.ts";
import { agoText, clockText, dateText, momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./time-bar.module.css";

/** The moment shown, in words. */
export function Readout() {
  const texts = useTexts();
  const { clock, now } = useView();
  switch (clock.kind) {
    case "live":
      return (
        <span className={classes.readout} data-testid="readout">
          {clockText(now)} <small>{dateText(now)}</small>
        </span>
      );
    case "past":
      return (
        <strong className={classes.readout} data-testid="readout">
          {texts.timeBar.viewing(momentText(clock.at, now), agoText(clock.at, now, texts))}
        </strong>
      );
    case "diff":
      return (
        <strong className={classes.readout} data-testid="readout">
          {texts.timeBar.viewingDiff(momentText(clock.a, now), momentText(clock.b, now))}
        </strong>
      );
  }
}
