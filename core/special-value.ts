/**
 * Line protocol has neither NaN nor infinities, nor a word for "this series ends here". A sample that says one of these is written
 * as a text in this field instead of a number in the field `value`: InfluxDB keeps it as a text, the head as the number it stands for.
 */
export const SPECIAL_FIELD = "value_is";

/**
 * The NaN whose bits Prometheus marks the end of a series with. It is a marker as long as it is copied from one typed array into
 * another; arithmetic and arrays of JavaScript make it any NaN. Source: Prometheus, model/value/value.go.
 */
const STALE = new Float64Array(new BigUint64Array([0x7ff0000000000002n]).buffer);

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

/** The number a text of `SPECIAL_FIELD` stands for; undefined when it is none of them. Of `stale` it is `STALE`. */
export function numberOfSpecial(text: string): number | undefined {
  switch (text) {
    case "nan":
      return Number.NaN;
    case "+inf":
      return Number.POSITIVE_INFINITY;
    case "-inf":
      return Number.NEGATIVE_INFINITY;
    case "stale":
      return STALE[0];
    default:
      return undefined;
  }
}
