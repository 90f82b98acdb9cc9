import type { AttributeValue } from "../../../../core/element.ts";
import type { Texts } from "../../text/en.ts";
import type { ChartPlan } from "../chart-plan.ts";
import type { Selecting } from "./selecting.ts";

/** Tables are walked once a minute, and less often when they are large. */
const WALKED_WITHIN = "10m";

/**
 * Connections of a machine, or of one port of it. `said`: the attribute `connections` of the machine, where the agent says
 * that they, or some of them, cannot be counted.
 */
export function connectionsChart(selected: Selecting, texts: Texts, said?: AttributeValue): ChartPlan {
  const { charts } = texts;
  const count = (field: string): string =>
    `sum(last_over_time(${selected.of(`vm_connections_${field}`)}[${WALKED_WITHIN}]))`;
  return {
    key: "connections",
    title: charts.connections,
    unit: "count",
    lines: [
      { name: charts.tcpEstablished, query: count("tcp_established") },
      { name: charts.tcpOther, query: count("tcp_other") },
      { name: charts.udp, query: count("udp") },
      { name: charts.otherFlows, query: count("other") },
    ],
    measuredBy: [selected.of("vm_connections_count")],
    ...(typeof said === "string" ? remarkOn(said, charts) : {}),
  };
}

/** `not measurable (vf)` in the reader's words; what is not known to this page, as it was said. */
function remarkOn(said: string, charts: Texts["charts"]): Pick<ChartPlan, "note" | "instead"> {
  const [, extent, why = ""] = /^(not|partly) measurable \((.*)\)$/.exec(said) ?? [];
  if (extent === undefined) return { note: said };
  const reasons = why
    .split(", ")
    .map((reason) => (isKnown(reason, charts.unmeasurable) ? charts.unmeasurable[reason] : reason))
    .join(charts.listComma);
  return extent === "not" ? { instead: charts.notMeasurable(reasons) } : { note: charts.partlyMeasurable(reasons) };
}

function isKnown<Reasons extends object>(reason: string, reasons: Reasons): reason is string & keyof Reasons {
  return Object.hasOwn(reasons, reason);
}
