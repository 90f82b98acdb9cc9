import type { Shown } from "../exported-metrics.ts";
import {
  type DashboardSpec,
  type FieldOf,
  lastOf,
  type PanelSpec,
  rateOf,
  type SeriesQuery,
  series,
  type ValueSpec,
} from "../panel.ts";
import { HALF, QUARTER, THIRD } from "./panel-parts.ts";
import { clusterOf } from "./variables.ts";

type Exported = { [M in Shown]: "value" extends FieldOf<M> ? M : never }[Shown];

const NOW = lastOf("value");
const PER_SECOND = rateOf("value");

/** A line for each metric of an exporter and each of its instances, by the names given. */
const each =
  (value: ValueSpec<"value">) =>
  (names: { readonly [M in Exported]?: string }): readonly SeriesQuery[] =>
    Object.entries(names).map(([measurement, name]) =>
      series(measurement as Exported, value, { per: "cluster", by: ["instance"], legend: `{{instance}} ${name}` }),
    );
const now = each(NOW);
const perSecond = each(PER_SECOND);

const TARGETS: readonly PanelSpec[] = [
  {
    title: "Targets that answer",
    description: "每个采集目标（控制面服务、导出器、交换机）最近一轮是否成功（1 是，0 否）。",
    ...HALF,
    width: 24,
    unit: "bool",
    max: 1,
    queries: [
      series("up", NOW, {
        per: "cluster",
        by: ["job", "instance"],
        across: "min",
        legend: "{{job}} {{instance}}",
      }),
    ],
  },
];

const RABBITMQ: readonly PanelSpec[] = [
  {
    title: "RabbitMQ messages",
    description: "每个节点每秒收到与确认的消息。",
    ...THIRD,
    unit: "cps",
    queries: perSecond({
      rabbitmq_global_messages_received_total: "received",
      rabbitmq_global_messages_acknowledged_total: "acknowledged",
    }),
  },
  {
    title: "RabbitMQ messages waiting",
    description: "待投递与未确认的消息数；持续上升说明消费者跟不上。",
    ...THIRD,
    unit: "short",
    queries: now({ rabbitmq_queue_messages_ready: "ready", rabbitmq_queue_messages_unacked: "unacknowledged" }),
  },
  {
    title: "RabbitMQ memory",
    description: "常驻内存与上限；超过上限时所有发布者被阻塞。",
    ...THIRD,
    unit: "bytes",
    queries: now({ rabbitmq_process_resident_memory_bytes: "resident", rabbitmq_resident_memory_limit_bytes: "limit" }),
  },
  {
    title: "RabbitMQ connections and queues",
    description: "连接、信道、消费者与队列数。",
    ...HALF,
    unit: "short",
    queries: now({
      rabbitmq_connections: "connections",
      rabbitmq_channels: "channels",
      rabbitmq_consumers: "consumers",
      rabbitmq_queues: "queues",
    }),
  },
  {
    title: "RabbitMQ connection churn",
    description: "每秒打开与关闭的连接；频繁重连常见于心跳丢失。",
    ...HALF,
    unit: "cps",
    queries: perSecond({ rabbitmq_connections_opened_total: "opened", rabbitmq_connections_closed_total: "closed" }),
  },
];

const MYSQL: readonly PanelSpec[] = [
  {
    title: "MySQL up",
    description: "数据库是否可达（1 是，0 否），与 Galera 集群成员数。",
    ...QUARTER,
    unit: "short",
    queries: [
      series("mysql_up", NOW, { per: "cluster", by: ["instance"], across: "min", legend: "{{instance}} up" }),
      ...now({ mysql_global_status_wsrep_cluster_size: "Galera members" }),
    ],
  },
  {
    title: "MySQL statements",
    description: "每秒执行的语句与其中的慢语句。",
    ...QUARTER,
    unit: "cps",
    queries: perSecond({ mysql_global_status_queries: "statements", mysql_global_status_slow_queries: "slow" }),
  },
  {
    title: "MySQL threads",
    description: "已连接与运行中的线程，以及连接上限。",
    ...QUARTER,
    unit: "short",
    queries: now({
      mysql_global_status_threads_connected: "connected",
      mysql_global_status_threads_running: "running",
      mysql_global_variables_max_connections: "limit",
    }),
  },
  {
    title: "MySQL locks",
    description: "每秒的行锁等待与死锁。",
    ...QUARTER,
    unit: "cps",
    queries: perSecond({
      mysql_global_status_innodb_row_lock_waits: "row lock waits",
      mysql_global_status_innodb_deadlocks: "deadlocks",
    }),
  },
  {
    title: "MySQL replication lag",
    description: "从库落后主库的秒数。",
    ...HALF,
    width: 24,
    unit: "s",
    queries: now({ mysql_slave_status_seconds_behind_master: "behind" }),
  },
];

const PROXIES: readonly PanelSpec[] = [
  {
    title: "memcached connections",
    description: "memcached 的连接数与上限。",
    ...THIRD,
    unit: "short",
    queries: now({ memcached_current_connections: "connections", memcached_max_connections: "limit" }),
  },
  {
    title: "memcached memory",
    description: "memcached 的已用内存与上限。",
    ...THIRD,
    unit: "bytes",
    queries: now({ memcached_current_bytes: "used", memcached_limit_bytes: "limit" }),
  },
  {
    title: "memcached evictions",
    description: "每秒因内存不足而淘汰的条目；令牌被淘汰会使认证变慢。",
    ...THIRD,
    unit: "cps",
    queries: perSecond({ memcached_items_evicted_total: "evicted" }),
  },
  {
    title: "haproxy responses",
    description: "每个后端（即各 OpenStack API）每秒的响应，按状态码类别。",
    ...HALF,
    unit: "cps",
    queries: [
      series("haproxy_backend_http_responses_total", PER_SECOND, {
        per: "cluster",
        by: ["proxy", "code"],
        legend: "{{proxy}} {{code}}",
      }),
    ],
  },
  {
    title: "haproxy response time",
    description: "每个后端（即各 OpenStack API）的平均响应时间。",
    ...HALF,
    unit: "s",
    queries: [
      series("haproxy_backend_response_time_average_seconds", NOW, {
        per: "cluster",
        by: ["proxy"],
        across: "max",
        legend: "{{proxy}}",
      }),
    ],
  },
  {
    title: "haproxy servers and queues",
    description: "每个实例上活动的后端服务器数与排队的请求数。",
    ...HALF,
    width: 24,
    unit: "short",
    queries: now({ haproxy_backend_active_servers: "active servers", haproxy_backend_current_queue: "queued" }),
  },
];

/** What OpenStack's services stand on, as their exporters tell it. */
export const CONTROL_PLANE_DASHBOARD: DashboardSpec = {
  name: "control-plane",
  title: "Nephoscope / Control plane",
  description: "控制面：RabbitMQ、MySQL、memcached、haproxy 与 OpenStack API。",
  variables: [clusterOf("up", "value")],
  rows: [
    { title: "Targets", panels: TARGETS },
    { title: "RabbitMQ", panels: RABBITMQ },
    { title: "MySQL", panels: MYSQL },
    { title: "memcached and haproxy", panels: PROXIES },
  ],
};
