import { AGENT_OWN_METRICS } from "./metrics/agent-metrics.ts";
import { COLLECTOR_METRICS } from "./metrics/collector-metrics.ts";
import { FABRIC_METRICS } from "./metrics/fabric-metrics.ts";
import { HOST_METRICS } from "./metrics/host-metrics.ts";
import type { MeasurementSpec } from "./metrics/metric-spec.ts";
import { SWITCH_METRICS } from "./metrics/switch-metrics.ts";

export type { FieldSpec, MeasurementSpec } from "./metrics/metric-spec.ts";

/** Every measurement that agents write. PromQL name: `<measurement>_<field>`. */
export const AGENT_METRICS = {
  ...HOST_METRICS,
  ...AGENT_OWN_METRICS,
  ...FABRIC_METRICS,
} as const satisfies { readonly [measurement: string]: MeasurementSpec };

/** Every measurement that Nephoscope itself writes; what others write has names of its own. */
export const METRIC_CATALOGUE = { ...AGENT_METRICS, ...SWITCH_METRICS, ...COLLECTOR_METRICS };

export type Measurement = keyof typeof METRIC_CATALOGUE;
