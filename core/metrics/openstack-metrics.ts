import { gauge, type MeasurementSpec } from "./metric-spec.ts";

const used = (en: string, zh: string) => gauge("count", en, zh);

/**
 * What OpenStack itself says of a cluster, asked by the collector. `host` is there where a value is one host's. What a cluster does not
 * say is left out, never 0. Source: the API references of Nova, Neutron, Placement and Cinder.
 */
export const OPENSTACK_METRICS = {
  os_capacity: {
    source: "Placement inventories and usages; Nova and Neutron quotas; Cinder pools",
    // resource: vcpus, memory, disk, instances, floating_ips, ports, volumes, bandwidth. scope: host, zone, region, cluster, project.
    tags: ["resource", "scope", "region", "zone", "project_id"],
    fields: {
      used: used("Units in use; bytes for memory, disk and volumes, bits per second for bandwidth", "已用量"),
      total: used("Units there are, with overcommit allowed for and what is reserved taken away", "总量"),
    },
  },
  os_subnet_ip: {
    source: "Neutron: subnets and ports",
    tags: ["network_id", "subnet_id", "subnet", "cidr", "region"],
    fields: {
      used: used("Addresses of the allocation pools that ports have", "已用地址数"),
      total: used("Addresses in the allocation pools", "地址总数"),
    },
  },
  os_subnet_range: {
    source: "Neutron: allocation pools of a subnet, one by one",
    tags: ["network_id", "subnet_id", "subnet", "region", "range"],
    fields: {
      used: used("Addresses of the range that ports have", "区段已用地址数"),
      total: used("Addresses in the range", "区段地址总数"),
    },
  },
  os_agent: {
    source: "Neutron: GET /v2.0/agents",
    tags: ["type", "zone"],
    fields: {
      alive: gauge("bool", "1 when Neutron hears the agent's heartbeats", "Neutron 代理是否存活"),
      admin_up: gauge("bool", "1 when the agent is enabled", "代理是否启用"),
      heartbeat_age_s: gauge("seconds", "Time since the agent's last heartbeat", "距上次心跳时长"),
    },
  },
  os_service: {
    source: "Nova and Cinder: GET /os-services",
    tags: ["service", "binary", "zone"],
    fields: {
      up: gauge("bool", "1 when the service reports", "服务是否正常"),
      enabled: gauge("bool", "1 when the service is enabled", "服务是否启用"),
      heartbeat_age_s: gauge("seconds", "Time since the service's last report", "距上次上报时长"),
    },
  },
  os_hypervisor: {
    source: "Nova: GET /os-hypervisors/detail; Placement since 2.88",
    tags: ["region", "zone"],
    fields: {
      up: gauge("bool", "1 when Nova says that the hypervisor is up", "计算节点是否正常"),
      vcpus: gauge("count", "Processors", "物理 vCPU 数"),
      vcpus_used: gauge("count", "Virtual processors given to machines", "已分配 vCPU"),
      memory_bytes: gauge("bytes", "Memory", "内存"),
      memory_used_bytes: gauge("bytes", "Memory given to machines", "已分配内存"),
      disk_bytes: gauge("bytes", "Disk for machines", "本地磁盘"),
      disk_used_bytes: gauge("bytes", "Disk given to machines", "已分配磁盘"),
      instances: gauge("count", "Machines", "虚拟机数"),
    },
  },
  os_servers: {
    source: "Nova: GET /servers/detail",
    tags: ["region", "status"],
    fields: { count: gauge("count", "Machines in this status", "各状态虚拟机数") },
  },
  os_ports: {
    source: "Neutron: GET /v2.0/ports",
    tags: ["region", "status", "vif_type"],
    fields: { count: gauge("count", "Ports in this status with this kind of binding", "各状态端口数") },
  },
  os_api: {
    source: "requests of the collector to OpenStack",
    tags: ["service", "region"],
    fields: {
      up: gauge("bool", "1 when the last request was answered", "API 是否可用"),
      seconds: gauge("seconds", "Time the answers of the last round took, mean", "API 平均响应时间"),
      requests: gauge("count", "Requests in the last round", "最近一轮请求数"),
      errors: gauge("count", "Requests of the last round that failed", "最近一轮失败请求数"),
    },
  },
  os_sync: {
    source: "the collector's rounds",
    tags: [],
    fields: {
      ok: gauge("bool", "1 when the last round was whole", "最近一轮同步是否完整"),
      seconds: gauge("seconds", "Time the last whole round took", "最近一轮同步耗时"),
      age_s: gauge("seconds", "Time since the last whole round began", "距上次完整同步时长"),
      objects: gauge("count", "Objects the last whole round found", "同步对象数"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
