import type { Sample } from "../metric-store.ts";
import { HOUR_MS, type HourRows, type NewSeries } from "./metrics-database.ts";
import { labelsText, type SeriesId, type SeriesIndex } from "./metrics-series-index.ts";

/** What of a batch goes into the head, and what does not. */
export interface SortedBatch {
  readonly rows: ReadonlyMap<number, HourRows>;
  readonly newSeries: readonly (NewSeries & { readonly labels: Sample["labels"] })[];
  readonly refused: RefusedSamples;
}

export interface RefusedSamples {
  readonly tooManySeries: number;
  readonly tooOld: number;
  readonly tooNew: number;
}

export interface BatchBounds {
  /** Oldest hour that is kept. */
  readonly oldestHour: number;
  /** A sample further ahead has a wrong clock or a wrong precision behind it. */
  readonly newestMs: number;
  readonly maxSeries: number;
}

/** Sorts samples into hours and gives new series their ids; these are not in the index yet. */
export function sortBatch(samples: readonly Sample[], index: SeriesIndex, bounds: BatchBounds): SortedBatch {
  const rows = new Map<number, HourRows>();
  const fresh = new Map<string, SortedBatch["newSeries"][number]>();
  const refused = { tooManySeries: 0, tooOld: 0, tooNew: 0 };
  for (const { labels, at, value } of samples) {
    const hour = Math.floor(at / HOUR_MS);
    if (hour < bounds.oldestHour) {
      refused.tooOld++;
      continue;
    }
    if (at > bounds.newestMs) {
      refused.tooNew++;
      continue;
    }
    const known = index.find(labels);
    // Even if the batch comes to nothing: a series that is kept an hour longer does no harm.
    if (known !== undefined && known.lastHour < hour) known.lastHour = hour;
    const id = known?.id ?? freshId(labels, index, fresh, bounds.maxSeries);
    if (id === undefined) {
      refused.tooManySeries++;
      continue;
    }
    const hourRows = rows.get(hour) ?? { series: [], ms: [], values: [] };
    rows.set(hour, hourRows);
    hourRows.series.push(id);
    hourRows.ms.push(at - hour * HOUR_MS);
    hourRows.values.push(value);
  }
  return { rows, newSeries: [...fresh.values()], refused };
}

function freshId(
  labels: Sample["labels"],
  index: SeriesIndex,
  fresh: Map<string, SortedBatch["newSeries"][number]>,
  maxSeries: number,
): SeriesId | undefined {
  const text = labelsText(labels);
  const known = fresh.get(text);
  if (known !== undefined) return known.id;
  if (index.size + fresh.size >= maxSeries) return undefined;
  const id = index.takeId();
  fresh.set(text, { id, labels, text });
  return id;
}
