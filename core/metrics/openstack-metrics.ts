import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

/**
 * What the collector reads of OpenStack's APIs, once a minute for each cluster. What cannot be read ends; `os_sync` and `os_api` tell
 * why. `host` is Nova's or Neutron's name of the host.
 */
export const OPENSTACK_METRICS = {
  /**
   * `resource`: vcpus, memory, disk (bytes), instances, floating_ips, ports, volumes (bytes), bandwidth (bits per second, of
   * agents' network cards); pcpus, vgpus and other classes of
   * Placement in small letters. `scope`: host, zone, region, cluster, project, network (of floating IPs), pool (of volumes, and of
   * disk that hosts share), each with its tag. No total where nobody sets one.
   */
  os_capacity: {
    source: "Nova, Placement, Neutron, Cinder; agents (bandwidth)",
    tags: ["resource", "scope", "region", "zone", "project_id", "network_id", "pool"],
    fields: {
      used: gauge("count", "Used or promised", "已用量"),
      total: gauge(
        "count",
        "What may be given: without what is reserved, times the allocation ratio; of projects their quota",
        "可分配总量：扣除预留并乘以超分比；项目为其配额",
      ),
      available: gauge("count", "What is left to give", "剩余可用量"),
    },
  },
  os_subnet_ip: {
    source: "Neutron: ports and allocation pools",
    tags: ["network_id", "subnet_id", "subnet", "cidr", "region"],
    fields: {
      used: gauge("count", "Addresses of the subnet's pools that ports have", "子网已用地址数"),
      total: gauge("count", "Addresses of the subnet's pools", "子网地址池总数"),
    },
  },
  /** `region`: whose the pool is by the subnet's tag `range:<region>:<first>-<last>`, else that of the API. `range` is `rest` of pools that are told together. */
  os_subnet_range: {
    source: "Neutron: ports and allocation pools",
    tags: ["network_id", "subnet_id", "subnet", "range", "region"],
    fields: {
      used: gauge("count", "Addresses of one pool of the subnet that ports have", "地址段已用数"),
      total: gauge("count", "Addresses of the pool", "地址段总数"),
    },
  },
  os_agent: {
    source: "Neutron: agents",
    tags: ["type", "region"],
    fields: {
      alive: gauge("bool", "1 when Neutron heard of the agent in time", "Neutron 代理是否存活"),
      admin_up: gauge("bool", "1 when the agent is meant to work", "Neutron 代理是否启用"),
      heartbeat_age_s: gauge("seconds", "Since the last heartbeat Neutron has", "距上次心跳时长"),
    },
  },
  /** `backend`: of Cinder's, which each serve one. */
  os_service: {
    source: "Nova and Cinder: os-services",
    tags: ["binary", "region", "zone", "backend"],
    fields: {
      up: gauge("bool", "1 when the service reported in time", "服务是否在线"),
      enabled: gauge("bool", "1 when the service is meant to work", "服务是否启用"),
      heartbeat_age_s: gauge("seconds", "Since the last report the API has", "距上次上报时长"),
    },
  },
  os_hypervisor: {
    source: "Nova: os-hypervisors; Placement",
    tags: ["region"],
    fields: {
      up: gauge("bool", "1 when the hypervisor is up", "虚拟化节点是否在线"),
      vcpus: gauge("count", "Processors of the machine", "物理 vCPU 数"),
      vcpus_used: gauge("count", "Virtual processors promised to machines", "已分配 vCPU 数"),
      memory_bytes: gauge("bytes", "Memory of the machine", "物理内存"),
      memory_used_bytes: gauge("bytes", "Memory promised to machines", "已分配内存"),
      disk_bytes: gauge("bytes", "Disk for machines", "磁盘总量"),
      disk_used_bytes: gauge("bytes", "Disk promised to machines", "已分配磁盘"),
      instances: gauge("count", "Machines there", "虚拟机数"),
    },
  },
  os_servers: {
    source: "Nova: servers",
    tags: ["status", "region"],
    fields: { count: gauge("count", "Machines with this status", "该状态的虚拟机数") },
  },
  os_ports: {
    source: "Neutron: ports",
    tags: ["status", "vif_type", "region"],
    fields: { count: gauge("count", "Ports with this status and binding", "该状态与绑定类型的端口数") },
  },
  /** Of the requests since the minute before. */
  os_api: {
    source: "the collector's own requests",
    tags: ["service", "region"],
    fields: {
      up: gauge("bool", "1 when the last round with this service succeeded", "最近一轮请求是否成功"),
      seconds: gauge("seconds", "Mean time of an answer", "平均响应时间"),
      requests: gauge("count", "Requests", "请求数"),
      errors: gauge("count", "Requests without a good answer", "失败请求数"),
    },
  },
  os_sync: {
    source: "the collector's own rounds",
    tags: [],
    fields: {
      ok: gauge("bool", "1 when Nova and Neutron of every region answered in their last round", "同步是否正常"),
      age_s: gauge("seconds", "Age of what is known of Nova or Neutron, the older one", "已知数据的时长"),
      seconds: gauge("seconds", "Time of the last reading of everything", "最近一次全量同步耗时"),
      objects: gauge("count", "Objects of the last reading of everything", "全量同步对象数"),
    },
  },
  /** Of clouds whose notifications are listened to; counted since the collector started. */
  os_notifications: {
    source: "the collector's queue at the cloud's RabbitMQ",
    tags: [],
    fields: {
      listening: gauge("bool", "1 when the cloud's notifications are listened to", "是否正在监听通知"),
      exchanges: gauge("count", "Exchanges the queue is bound to", "已绑定的交换机数"),
      received: counter("count", "Notifications that came", "收到的通知数"),
      hints: counter("count", "Hints that something changed, taken from notifications", "由通知得到的变更提示数"),
      ignored: counter("count", "Notifications that say nothing of interest", "与拓扑无关的通知数"),
      refused: counter("count", "Notifications that cannot be read", "无法解析的通知数"),
      connections: counter("count", "Connections to the broker that were listened at", "与消息队列建立监听的次数"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
