import { METRIC_CATALOGUE } from "../core/metric-catalogue.ts";
import { counter, gauge, type MeasurementSpec } from "../core/metrics/metric-spec.ts";

/** A metric of an exporter: in InfluxDB a measurement of its name with the field `value`. No `host`: `instance` says whose it is. */
const exported = <const Tags extends readonly string[]>(value: MeasurementSpec["fields"][string], tags: Tags) => ({
  source: "an exporter",
  tags: ["job", "instance", ...tags] as readonly ("job" | "instance" | Tags[number])[],
  fields: { value },
});
const level = <const Tags extends readonly string[] = []>(zh: string, tags?: Tags) =>
  exported(gauge("count", "", zh), tags ?? ([] as unknown as Tags));
const total = <const Tags extends readonly string[] = []>(zh: string, tags?: Tags) =>
  exported(counter("count", "", zh), tags ?? ([] as unknown as Tags));

/** Of rabbitmq_prometheus, mysqld_exporter, memcached_exporter and haproxy's own page: what dashboards show. */
export const EXPORTED_METRICS = {
  /** Of every target of a scrape or of `control_plane`: docs/pull.md. */
  up: exported(gauge("bool", "", "目标是否可抓取"), []),
  rabbitmq_connections: level("连接数"),
  rabbitmq_channels: level("信道数"),
  rabbitmq_consumers: level("消费者数"),
  rabbitmq_queues: level("队列数"),
  rabbitmq_queue_messages_ready: level("待投递消息数"),
  rabbitmq_queue_messages_unacked: level("未确认消息数"),
  rabbitmq_connections_opened_total: total("打开的连接"),
  rabbitmq_connections_closed_total: total("关闭的连接"),
  rabbitmq_global_messages_received_total: total("收到的消息", ["protocol"]),
  rabbitmq_global_messages_acknowledged_total: total("确认的消息", ["protocol", "queue_type"]),
  rabbitmq_process_resident_memory_bytes: level("常驻内存"),
  rabbitmq_resident_memory_limit_bytes: level("内存上限"),
  mysql_up: exported(gauge("bool", "", "是否可达"), []),
  mysql_global_status_queries: total("语句数"),
  mysql_global_status_slow_queries: total("慢语句数"),
  mysql_global_status_threads_connected: level("连接线程数"),
  mysql_global_status_threads_running: level("运行线程数"),
  mysql_global_variables_max_connections: level("连接上限"),
  mysql_global_status_innodb_row_lock_waits: total("行锁等待次数"),
  mysql_global_status_innodb_deadlocks: total("死锁次数"),
  mysql_slave_status_seconds_behind_master: level("复制延迟", ["master_host", "channel_name", "connection_name"]),
  mysql_global_status_wsrep_cluster_size: level("Galera 成员数"),
  memcached_current_connections: level("连接数"),
  memcached_max_connections: level("连接上限"),
  memcached_current_bytes: level("已用内存"),
  memcached_limit_bytes: level("内存上限"),
  memcached_items_evicted_total: total("淘汰的条目"),
  haproxy_backend_active_servers: level("活动后端数", ["proxy"]),
  haproxy_backend_current_queue: level("排队请求数", ["proxy"]),
  haproxy_backend_http_responses_total: total("响应数", ["proxy", "code"]),
  haproxy_backend_response_time_average_seconds: exported(gauge("seconds", "", "平均响应时间"), ["proxy"]),
} as const satisfies { readonly [measurement: string]: MeasurementSpec };

/** All that a panel may ask of. */
export const SHOWN_METRICS = { ...METRIC_CATALOGUE, ...EXPORTED_METRICS };
export type Shown = keyof typeof SHOWN_METRICS;
