/**
 * Line protocol has neither NaN nor infinities, nor a word for "this series ends here". A sample that says one of these is written
 * as a text in this field instead of a number in the field `value`: InfluxDB keeps it as a text, the head as the number it stands for.
 */
export const SPECIAL_FIELD = "value_is";

/** `stale` ends a series at once, as Prometheus' stale marker does; without it a series ends when its last sample is too old. */
export type SpecialValue = "nan" | "+inf" | "-inf" | "stale";

/** The fields of a sample of one value: `value=1.5`, `value_is="nan"`. */
export function valueField(value: number | "stale"): string {
  if (typeof value === "number" && Number.isFinite(value)) return `value=${Object.is(value, -0) ? "-0" : value}`;
  return `${SPECIAL_FIELD}="${specialOf(value)}"`;
}

function specialOf(value: number | "stale"): SpecialValue {
  if (value === "stale") return value;
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "+inf" : "-inf";
}
