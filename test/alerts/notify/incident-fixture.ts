import type { IncidentRecord } from "../../../alerts/incident.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { interfaceId } from "../../../core/element-id.ts";

export const STARTED = epochMsOf(Date.UTC(2026, 0, 31, 2, 41, 0));

export function incident(fields: Partial<IncidentRecord> = {}): IncidentRecord {
  return {
    id: "0123456789abcdef0123",
    alertId: "a",
    rule: "InterfaceDown",
    severity: "critical",
    labels: { host: "compute-1", interface: "eth0", cluster: "az2", alertname: "InterfaceDown" },
    annotations: {
      summary: "eth0 on compute-1 is down",
      summary_zh: "compute-1 的接口 eth0 已断开",
      description: "Look at the cable.",
      description_zh: "请检查线缆。",
    },
    element: interfaceId("compute-1", undefined, "eth0"),
    cluster: "az2",
    value: 0.91234,
    startedAt: STARTED,
    resolvedAt: undefined,
    resolvedBecause: undefined,
    acknowledgedAt: undefined,
    acknowledgedBy: undefined,
    acknowledgedTraceId: undefined,
    trace: { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" },
    ...fields,
  };
}
