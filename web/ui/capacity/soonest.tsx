import { useQuery } from "@tanstack/react-query";
import type { CapacityRow } from "../../api/capacity.ts";
import { capacityHistoryQuery } from "../api/capacity.ts";
import { parseInstant } from "../api/parse.ts";
import { ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { dateText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./capacity.module.css";
import { keyOfThing, runsOut, soonestFirst } from "./capacity-words.ts";
import { HistoryCard } from "./history-card.tsx";

/** Charts at the top: what runs out first is what one came for. */
const CHARTS = 3;

export function Soonest({ rows }: { readonly rows: readonly CapacityRow[] }) {
  const { capacity } = useTexts();
  const foretold = soonestFirst(rows).filter(runsOut).slice(0, CHARTS);
  return (
    <section aria-label={capacity.soonest}>
      <h2>{capacity.soonest}</h2>
      {foretold.length === 0 && <NothingRunsOut rows={rows} />}
      <div className={classes.cards}>
        {foretold.map((row) => (
          <History key={keyOfThing(row.thing)} row={row} />
        ))}
      </div>
    </section>
  );
}

/** Good news is only worth something with what it is of, and of which it is not. */
function NothingRunsOut({ rows }: { readonly rows: readonly CapacityRow[] }) {
  const { capacity } = useTexts();
  const clusters = new Set(rows.map(({ thing }) => thing.cluster)).size;
  const since = Math.min(...rows.map(({ known_since: at }) => at ?? Number.POSITIVE_INFINITY));
  const count = (reason: string) =>
    rows.filter(({ forecast }) => forecast?.kind === "unknown" && forecast.reason === reason).length;
  const doubts = (["too_little_history", "no_clear_trend", "old_history", "no_total"] as const).flatMap((reason) => {
    const many = count(reason);
    return many === 0 ? [] : [capacity.doubt(many, capacity.forecast[reason])];
  });
  return (
    <div className={classes.nothing} role="status" data-testid="capacity-nothing">
      <Icon name="check" />
      <div>
        <p>
          <strong>{capacity.nothing}</strong>
        </p>
        <p className={classes.muted}>
          {capacity.watched(rows.length, clusters)}
          {Number.isFinite(since) && ` ${capacity.watchedSince(dateText(parseInstant(since)))}`}
        </p>
        {doubts.length > 0 && <p className={classes.muted}>{capacity.doubts(doubts)}</p>}
      </div>
    </div>
  );
}

/** How one thing came to be as full as it is. */
export function History({ row }: { readonly row: CapacityRow }) {
  const { data, error, refetch } = useQuery(capacityHistoryQuery(row.thing, 1));
  if (error !== null && data === undefined) return <ErrorFace small error={error} retry={() => void refetch()} />;
  const [history] = data?.histories ?? [];
  if (data === undefined || history === undefined) return <LoadingFace small />;
  return <HistoryCard row={row} history={history} times={data.times} />;
}
