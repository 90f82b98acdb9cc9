import { AGENT_OWN_METRICS } from "./metrics/agent-metrics.ts";
import { COLLECTOR_METRICS } from "./metrics/collector-metrics.ts";
import { CONNECTION_METRICS } from "./metrics/connection-metrics.ts";
import { FABRIC_METRICS } from "./metrics/fabric-metrics.ts";
import { FINDING_METRICS } from "./metrics/finding-metrics.ts";
import { HOST_METRICS } from "./metrics/host-metrics.ts";
import { LOG_METRICS } from "./metrics/log-metrics.ts";
import { MESH_METRICS } from "./metrics/mesh-metrics.ts";
import type { MeasurementSpec } from "./metrics/metric-spec.ts";
import { NETWORK_METRICS } from "./metrics/network-metrics.ts";
import { OPENSTACK_METRICS } from "./metrics/openstack-metrics.ts";
import { OVS_METRICS } from "./metrics/ovs-metrics.ts";
import { SWITCH_METRICS } from "./metrics/switch-metrics.ts";
import { VM_METRICS } from "./metrics/vm-metrics.ts";

export type { FieldSpec, MeasurementSpec } from "./metrics/metric-spec.ts";

/** Every measurement that agents write. PromQL name: `<measurement>_<field>`. */
export const AGENT_METRICS = {
  ...HOST_METRICS,
  ...CONNECTION_METRICS,
  ...NETWORK_METRICS,
  ...AGENT_OWN_METRICS,
  ...MESH_METRICS,
  ...FINDING_METRICS,
  ...OVS_METRICS,
  ...LOG_METRICS,
  ...VM_METRICS,
  ...FABRIC_METRICS,
} as const satisfies { readonly [measurement: string]: MeasurementSpec };

/** Every measurement that Nephoscope itself writes; what others write has names of its own. */
export const METRIC_CATALOGUE = { ...AGENT_METRICS, ...SWITCH_METRICS, ...OPENSTACK_METRICS, ...COLLECTOR_METRICS };

export type Measurement = keyof typeof METRIC_CATALOGUE;
