import { gauge, type MeasurementSpec } from "./metric-spec.ts";

/**
 * What the collector knows of whole clouds, written by it the way of all other samples: so that Grafana can show it, offer zones and
 * hosts, and mark alerts and changes, with nothing but the data sources it comes with.
 */
export const CLOUD_METRICS = {
  /** By zone, of what is in the topology. Its `host` is the collector's. */
  cloud: {
    source: "the topology",
    tags: ["region", "zone"],
    fields: {
      hosts: gauge("count", "Hosts", "主机数"),
      agents: gauge("count", "Hosts with an agent", "有代理的主机数"),
      agents_silent: gauge("count", "Hosts whose agent is silent", "代理失联的主机数"),
      vms: gauge("count", "Machines", "虚拟机数"),
      interfaces_down: gauge("count", "Interfaces that should be up and are not", "应启用而未启用的接口数"),
    },
  },
  /** Of each host, once a minute. */
  cloud_host: {
    source: "the topology",
    tags: ["region", "zone", "rack"],
    fields: { up: gauge("bool", "1 while the host's agent has a session", "代理是否在线") },
  },
  /**
   * With `cluster` and `host` of what they are about; 0 for five minutes after the last of them was resolved. Past 5,000 rules and hosts
   * the rest of a storm is told by rule, without its hosts: `nephoscope_alerts_merged`.
   */
  alerts: {
    source: "the alert engine",
    tags: ["alertname", "severity", "alertstate"],
    fields: {
      count: gauge("count", "Alerts of this rule in this state", "该规则处于该状态的告警数"),
      started: gauge("count", "Alerts more than at the last sample", "比上次采样增加的告警数"),
    },
  },
  /** Of each host of which something was recorded in the last ten seconds; `sum_over_time` counts over longer spans. */
  topology_changes: {
    source: "the topology",
    tags: [],
    fields: {
      added: gauge("count", "Elements that came since the last sample", "新增元素数"),
      removed: gauge("count", "Elements that went since the last sample", "移除元素数"),
      updated: gauge("count", "Changes of elements that stayed since the last sample", "变更元素数"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
