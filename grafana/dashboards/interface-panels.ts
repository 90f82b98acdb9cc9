import {
  type FieldOf,
  type PanelSpec,
  rateOf,
  type SeriesQuery,
  series,
  type TagOf,
  type VariableSpec,
} from "../panel.ts";

type OfInterfaces = "net_if" | "switch_if";

/** What tells interfaces apart, and how one is called. */
interface Each<M extends OfInterfaces> {
  readonly by: readonly TagOf<M>[];
  readonly legend: string;
}

/** A panel of the interfaces with the highest rate over the whole time shown. */
export const BUSIEST = { kind: "top", unit: "bps", min: 0, width: 12 } as const;

/** A panel of what is received, above the axis, and of what is sent, below it. */
export const BOTH_WAYS = { kind: "timeseries", width: 12, negative: /out$/ } as const;

/** Received and sent, per second. */
export function bothWays<M extends OfInterfaces>(
  measurement: M,
  [received, sent]: readonly [FieldOf<M>, FieldOf<M>],
  { by, legend, scale = 1 }: Each<M> & { readonly scale?: number },
): readonly SeriesQuery[] {
  return [
    series(measurement, rateOf(received), { by, legend: `${legend} in`, scale }),
    series(measurement, rateOf(sent), { by, legend: `${legend} out`, scale }),
  ];
}

export function trafficOf<M extends OfInterfaces>(measurement: M, each: Each<M>): PanelSpec {
  return {
    title: "Traffic",
    description: "每个接口的收发速率；发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "bps",
    queries: bothWays<OfInterfaces>(measurement, ["rx_bytes", "tx_bytes"], { ...each, scale: 8 }),
  };
}

export function interfaceOf(measurement: OfInterfaces): VariableSpec {
  return { tag: "interface", label: "Interface", measurement, field: "rx_bytes", multi: true };
}
