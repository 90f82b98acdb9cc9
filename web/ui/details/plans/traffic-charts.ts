import type { Texts } from "../../text/en.ts";
import type { ChartPlan } from "../chart-plan.ts";

/** Who counts bytes and packets of something. */
export interface Counted {
  /** Per second, of `rx_bytes`, `tx_packets` and the like. */
  readonly rate: (field: string) => string;
  readonly measuredBy: readonly string[];
  /** Whether errors are counted, and not only drops. */
  readonly hasErrors: boolean;
}

/** Traffic, packets, errors and drops: the same three charts wherever they are counted. */
export function countedCharts(counted: Counted, texts: Texts, note?: string): readonly ChartPlan[] {
  const { charts } = texts;
  const { measuredBy } = counted;
  const bits = (field: string): string => {
    const rate = counted.rate(field);
    return rate.includes(" or ") ? `(${rate}) * 8` : `${rate} * 8`;
  };
  const line = (name: string, field: string) => ({ name, query: counted.rate(field) });
  return [
    {
      key: "bits",
      title: charts.bits,
      unit: "bits_per_second",
      lines: [
        { name: charts.received, query: bits("rx_bytes") },
        { name: charts.sent, query: bits("tx_bytes") },
      ],
      measuredBy,
      note,
    },
    {
      key: "packets",
      title: charts.packets,
      unit: "packets_per_second",
      lines: [line(charts.received, "rx_packets"), line(charts.sent, "tx_packets")],
      measuredBy,
    },
    {
      key: "errors",
      title: charts.errors,
      unit: "packets_per_second",
      lines: [
        ...(counted.hasErrors ? [line(charts.rxErrors, "rx_errors"), line(charts.txErrors, "tx_errors")] : []),
        line(charts.rxDropped, "rx_dropped"),
        line(charts.txDropped, "tx_dropped"),
      ],
      measuredBy,
    },
  ];
}
