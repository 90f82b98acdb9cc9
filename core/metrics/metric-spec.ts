/** A counter only rises until its source restarts; a gauge goes both ways. Units are base units, last in names. */
export interface FieldSpec {
  readonly kind: "counter" | "gauge";
  readonly unit: "bytes" | "seconds" | "ratio" | "packets" | "count" | "bits_per_second" | "bool" | "percent" | "load";
  readonly en: string;
  readonly zh: string;
}

export interface MeasurementSpec {
  /** Where it is read, in the words of whoever would look there by hand. */
  readonly source: string;
  /** Tags besides `host` and `cluster`, which every one has. */
  readonly tags: readonly string[];
  readonly fields: { readonly [field: string]: FieldSpec };
}

export const counter = (unit: FieldSpec["unit"], en: string, zh: string): FieldSpec => ({
  kind: "counter",
  unit,
  en,
  zh,
});
export const gauge = (unit: FieldSpec["unit"], en: string, zh: string): FieldSpec => ({ kind: "gauge", unit, en, zh });
