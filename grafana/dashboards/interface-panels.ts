import type { PanelSpec, TagOf, VariableSpec } from "../panel.ts";
import { BOTH_WAYS, rates, TOP } from "./panel-parts.ts";

type OfInterfaces = "net_if" | "switch_if";

/** What tells interfaces apart, and how one is called. */
interface Lines<M extends OfInterfaces> {
  readonly by: readonly TagOf<M>[];
  readonly of: string;
}

/** A panel of the interfaces with the highest rate over the whole time shown. */
export const BUSIEST = { ...TOP, unit: "bps" } as const;

export function trafficOf<M extends OfInterfaces>(measurement: M, lines: Lines<M>): PanelSpec {
  return {
    title: "Traffic",
    description: "每个接口的收发速率；发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "bps",
    queries: rates<OfInterfaces>(measurement, { rx_bytes: "in", tx_bytes: "out" }, { ...lines, scale: 8 }),
  };
}

export function interfaceOf(measurement: OfInterfaces): VariableSpec {
  return { tag: "interface", label: "Interface", measurement, field: "rx_bytes", multi: true };
}
