import type { EpochMs } from "../../../core/clock.ts";
import type { CapacityHistoryResponse, CapacityRow } from "../../api/capacity.ts";
import { serverNow } from "../app/server-clock.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./capacity.module.css";
import { amountText, forecastText, placeText, resourceText, spanText, thingText, urgencyOf } from "./capacity-words.ts";
import { HistoryChart } from "./history-chart.tsx";

/** How one thing came to be as full as it is, and where it goes. */
export function HistoryCard(props: {
  readonly row: CapacityRow;
  readonly history: CapacityHistoryResponse["histories"][number];
  readonly times: readonly number[];
}) {
  const texts = useTexts();
  const { row, history, times } = props;
  const { thing, used, total } = row;
  const { forecast } = history;
  const now: EpochMs = serverNow();
  const urgency = urgencyOf({ ...row, forecast }, now);
  const amount = (value: number) => amountText(thing.resource, value);
  const totalText = total === undefined ? texts.capacity.noLimit : amount(total);
  const when = forecastText(forecast, now, texts);
  return (
    <figure className={classes.card} data-testid="capacity-card">
      <figcaption>
        <strong>{resourceText(thing.resource, texts)}</strong>
        <span className={classes.muted}>
          {placeText(thing, texts)}
          {thing.scope !== "cluster" && ` · ${thing.cluster}`}
        </span>
      </figcaption>
      <HistoryChart
        {...{ history, times, now, resource: thing.resource }}
        label={texts.capacity.chart.label(thingText(thing, texts), amount(used), totalText, when)}
      />
      <p className={classes.when} data-urgency={urgency}>
        {urgency !== "none" && <Icon name="warning" size={14} />}
        {texts.capacity.runsOut(when)}
      </p>
      <p className={classes.muted}>
        {[spanText(forecast, texts), growthText()].filter((part) => part !== undefined).join(" · ") || "\u00a0"}
      </p>
    </figure>
  );

  function growthText(): string | undefined {
    if (forecast.kind !== "runs_out") return undefined;
    return texts.capacity.forecast.growth(amount(forecast.per_day));
  }
}
