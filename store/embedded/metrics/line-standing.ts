import { SPECIAL_FIELD } from "../../../core/special-value.ts";
import type { FieldKey, LineRow } from "./line-row.ts";
import { type LineTarget, targetOf, VALUE_KEY } from "./line-target.ts";
import { originOf, type SeriesIndex } from "./series-index.ts";
import type { FullScope } from "./series-limits.ts";
import type { Shape } from "./shapes.ts";

/** What would come of a line. */
export type LineStanding =
  /** All its series are there. */
  | { readonly kind: "known" }
  /** Some of its series are there, or there is room for them. */
  | { readonly kind: "fits" }
  /** None of its series is there, and none has room. */
  | { readonly kind: "refused"; readonly full: FullScope };

const KNOWN: LineStanding = { kind: "known" };
const FITS: LineStanding = { kind: "fits" };

/** Looks, and changes nothing: whatever comes between the question and the line may fill the room that was left. */
export function standingOf(line: LineRow, cluster: string, index: SeriesIndex): LineStanding {
  const target = targetOf(line.series, cluster, index);
  let [isAllKnown, isOneKnown] = [true, false];
  let refused: LineStanding | undefined;
  for (const series of seriesOfLine(line, target)) {
    const standing = standingOfSeries(series, target, index);
    if (standing.kind === "fits") return FITS;
    if (standing.kind === "known") isOneKnown = true;
    else {
      isAllKnown = false;
      refused ??= standing;
    }
  }
  if (isAllKnown) return KNOWN;
  return isOneKnown || refused === undefined ? FITS : refused;
}

/** The wide series of a line by its shape, others by their fields. */
function seriesOfLine(line: LineRow, target: LineTarget): readonly (Shape | FieldKey)[] {
  const series = new Set<Shape | FieldKey>();
  for (let place = 0; place < line.fieldCount; place++) {
    const key = line.fieldKeyAt(place);
    if (line.kindAt(place) !== "string") {
      const isWide = target.shape !== undefined && target.columnOf(key) >= 0;
      series.add(isWide ? target.shape : key);
    } else if (key.name === SPECIAL_FIELD) series.add(VALUE_KEY);
  }
  return [...series];
}

function standingOfSeries(series: Shape | FieldKey, target: LineTarget, index: SeriesIndex): LineStanding {
  const isShape = "columns" in series;
  const kept = isShape ? target.wide : target.narrowOf(series);
  if (kept !== undefined && !kept.isForgotten) return KNOWN;
  const shape = isShape ? series : index.narrow(target.metricOf(series));
  const { labels } = target;
  if (index.find(shape, labels) !== undefined) return KNOWN;
  const full = index.counts.fullFor(originOf(labels, target.measurement), shape.columns.length);
  return full === undefined ? FITS : { kind: "refused", full };
}
