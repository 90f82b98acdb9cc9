import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_RULES_PATH } from "../../alerts/rules/rule-source.ts";
import type { Alerts } from "../../alerts/start.ts";
import type { Labels } from "../../core/series.ts";
import { INTERVAL_MS, Workshop } from "./harness.ts";

let workshop: Workshop;
let alerts: Alerts;
beforeEach(async () => {
  workshop = new Workshop(readFileSync(DEFAULT_RULES_PATH, "utf8"), "control-plane");
  ({ alerts } = await workshop.start({ elementExists: () => true }));
});
afterEach(() => workshop.end());

/** Name, labels, and the value at each round: what a counter has grown to, or a gauge that stays. */
type Series = readonly [name: string, labels: Labels, valueAt: (round: number) => number];

const OWN: Labels = { cluster: "test", job: "x", instance: "ctl-1:1", host: "ctl-1" };

async function hold(rounds: number, series: readonly Series[]): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (const [name, labels, valueAt] of series) await workshop.feed(name, { ...OWN, ...labels }, valueAt(round));
    await workshop.time.advance(INTERVAL_MS);
  }
}

const firing = () =>
  alerts
    .incidents({ state: "firing" })
    .map(({ rule, severity }) => `${rule} ${severity}`)
    .sort();

const gauge = (name: string, value: number, labels: Labels = {}): Series => [name, labels, () => value];
/** Grows by so much a second. */
const counter = (name: string, perSecond: number, labels: Labels = {}): Series => [
  name,
  labels,
  (round) => round * perSecond * (INTERVAL_MS / 1_000),
];

const MINUTES = 60_000 / INTERVAL_MS;
const queue = (ready: (round: number) => number, consumers: number, name = "conductor"): readonly Series[] => [
  ["rabbitmq_detailed_queue_messages_ready", { queue: name, vhost: "/" }, ready],
  gauge("rabbitmq_detailed_queue_consumers", consumers, { queue: name, vhost: "/" }),
];
const answers = (errorsPerSecond: number): readonly Series[] => [
  counter("haproxy_frontend_http_responses_total", 10, { proxy: "nova", code: "2xx" }),
  counter("haproxy_frontend_http_responses_total", errorsPerSecond, { proxy: "nova", code: "5xx" }),
];
const churn = (perSecond: number, connections: number): readonly Series[] => [
  counter("rabbitmq_connections_opened_total", perSecond),
  counter("rabbitmq_connections_closed_total", perSecond),
  gauge("rabbitmq_connections", connections),
];
const sessions = (connected: number): readonly Series[] => [
  gauge("mysql_global_status_threads_connected", connected),
  gauge("mysql_global_variables_max_connections", 100),
];
const galera = (status: number, on: number): readonly Series[] => [
  gauge("mysql_global_status_wsrep_cluster_status", status),
  gauge("mysql_global_status_wsrep_ready", 1),
  gauge("mysql_global_variables_wsrep_on", on),
];
const response = (seconds: number, perSecond: number): readonly Series[] => [
  gauge("haproxy_backend_response_time_average_seconds", seconds, { proxy: "nova" }),
  counter("haproxy_backend_sessions_total", perSecond, { proxy: "nova" }),
];

describe("of what lasts for a quarter of an hour, an alert is", () => {
  test.each<readonly [string, readonly Series[], readonly string[]]>([
    ["a broker that answers", [gauge("up", 1, { job: "rabbitmq" })], []],
    ["one that does not", [gauge("up", 0, { job: "rabbitmq" })], ["ControlPlaneDown critical"]],
    ["memcached that does not", [gauge("up", 0, { job: "memcached" })], ["ControlPlaneDown critical"]],
    ["somebody else's exporter that does not", [gauge("up", 0, { job: "node" })], []],
    ["a node of RabbitMQ down", [gauge("rabbitmq_node_running", 0)], ["RabbitmqNodeDown critical"]],
    [
      "a node that is not heard since the cluster is split",
      [
        gauge("rabbitmq_node_running", 0, { node: "rabbit@ctl-2" }),
        gauge("rabbitmq_unreachable_cluster_peers_count", 1, { node: "rabbit@ctl-1" }),
      ],
      ["RabbitmqPartitioned critical"],
    ],
    [
      "a node down in a cluster that is whole otherwise",
      [
        gauge("rabbitmq_node_running", 0, { node: "rabbit@ctl-2" }),
        gauge("rabbitmq_unreachable_cluster_peers_count", 0, { node: "rabbit@ctl-1" }),
      ],
      ["RabbitmqNodeDown critical"],
    ],
    ["a cluster split", [gauge("rabbitmq_unreachable_cluster_peers_count", 1)], ["RabbitmqPartitioned critical"]],
    ["a cluster whole", [gauge("rabbitmq_unreachable_cluster_peers_count", 0)], []],
    ["memory used up", [gauge("rabbitmq_alarms_memory_used_watermark", 1)], ["RabbitmqMemoryAlarm critical"]],
    ["disk used up", [gauge("rabbitmq_alarms_free_disk_space_watermark", 1)], ["RabbitmqDiskAlarm critical"]],
    [
      "memory nearly used up",
      [gauge("rabbitmq_process_resident_memory_bytes", 91), gauge("rabbitmq_resident_memory_limit_bytes", 100)],
      ["RabbitmqNearLimit warning"],
    ],
    [
      "file descriptors half used up",
      [gauge("rabbitmq_process_open_fds", 50), gauge("rabbitmq_process_max_fds", 100)],
      [],
    ],
    ["a queue that is emptied as fast as it fills", queue(() => 500, 2), []],
    ["a queue that grows", queue((round) => 200 + round * 30, 2), ["RabbitmqQueueGrowing warning"]],
    ["a queue that shrinks", queue((round) => 5_000 - round * 30, 2), []],
    ["a queue with tens of thousands", queue(() => 20_000, 2), ["RabbitmqQueueGrowing critical"]],
    ["messages nobody consumes", queue(() => 5, 0), ["RabbitmqQueueUnconsumed warning"]],
    ["replies to a process that is gone", queue(() => 5, 0, "reply_0a1b"), []],
    ["an empty queue nobody consumes", queue(() => 0, 0), []],
    ["connections that stay", churn(1, 1_000), []],
    ["connections that come and go", churn(60, 1_000), ["RabbitmqConnectionChurn warning"]],
    ["few connections that come and go", churn(5, 20), []],
    [
      "heartbeats missed now and then",
      [counter("log_lines", 0.01, { pattern: "missed-heartbeats", source: "rabbit@ctl-1" })],
      [],
    ],
    [
      "heartbeats missed all the time",
      [counter("log_lines", 0.1, { pattern: "missed-heartbeats", source: "rabbit@ctl-1" })],
      ["RabbitmqHeartbeatsMissed warning"],
    ],
    ["a database that is gone", [gauge("mysql_up", 0)], ["MysqlDown critical"]],
    ["four fifths of the connections", sessions(80), []],
    ["more than that", sessions(81), ["MysqlConnectionsRunningOut warning"]],
    ["nearly all", sessions(96), ["MysqlConnectionsRunningOut critical", "MysqlConnectionsRunningOut warning"]],
    ["a slow statement each ten seconds", [counter("mysql_global_status_slow_queries", 0.1)], []],
    ["one each second", [counter("mysql_global_status_slow_queries", 1)], ["MysqlSlowStatements warning"]],
    ["locks waited for", [counter("mysql_global_status_innodb_row_lock_time", 5_000)], ["MysqlLockWaits warning"]],
    ["a deadlock a minute and a half", [counter("mysql_global_status_innodb_deadlocks", 0.01)], []],
    ["many deadlocks", [counter("mysql_global_status_innodb_deadlocks", 0.1)], ["MysqlDeadlocks warning"]],
    [
      "replication that stopped to apply",
      [gauge("mysql_slave_status_slave_sql_running", 0), gauge("mysql_slave_status_slave_io_running", 1)],
      ["MysqlReplicationStopped critical"],
    ],
    [
      "replication that stopped to fetch",
      [gauge("mysql_slave_status_slave_sql_running", 1), gauge("mysql_slave_status_slave_io_running", 0)],
      ["MysqlReplicationStopped critical"],
    ],
    ["a replica behind", [gauge("mysql_slave_status_seconds_behind_master", 60)], ["MysqlReplicationLag warning"]],
    ["a node of Galera alone", galera(0, 1), ["GaleraNotPrimary critical"]],
    ["one among others", galera(1, 1), []],
    ["a database without Galera", galera(0, 0), []],
    [
      "Galera that waits for its slowest",
      [counter("mysql_global_status_wsrep_flow_control_paused_ns", 2e8)],
      ["GaleraFlowControl warning"],
    ],
    ["a cache that is too small", [counter("memcached_items_evicted_total", 5)], ["MemcachedEvicting warning"]],
    [
      "a cache with too many clients",
      [gauge("memcached_current_connections", 95), gauge("memcached_max_connections", 100)],
      ["MemcachedConnectionsRunningOut warning"],
    ],
    [
      "a backend down",
      [gauge("haproxy_backend_status", 1, { proxy: "nova", state: "DOWN" })],
      ["HaproxyBackendDown critical"],
    ],
    [
      "a backend up",
      [
        gauge("haproxy_backend_status", 0, { proxy: "nova", state: "DOWN" }),
        gauge("haproxy_backend_status", 1, { proxy: "nova", state: "UP" }),
      ],
      [],
    ],
    [
      "a backend down as haproxy 2.2 says it",
      [gauge("haproxy_backend_status", 0, { proxy: "nova" })],
      ["HaproxyBackendDown critical"],
    ],
    [
      "a server down",
      [gauge("haproxy_server_status", 1, { proxy: "nova", server: "ctl-2", state: "DOWN" })],
      ["HaproxyServerDown warning"],
    ],
    ["answers of which some are errors", answers(0.2), []],
    ["answers of which many are", answers(1), ["ApiErrors critical"]],
    ["an API that is slow", response(3, 1), ["ApiSlow warning"]],
    ["an API that was slow when last asked", response(3, 0), []],
    ["an API that is fast", response(0.3, 1), []],
  ])("%s", async (_name, series, expected) => {
    await hold(25 * MINUTES, series);
    expect(firing()).toEqual(expected);
    expect(alerts.incidents().every(({ element }) => element === "host/ctl-1")).toBe(true);
  });
});

test("twice as many messages as a day before are an alert, as many are none", async () => {
  workshop.writeRules(
    readFileSync(DEFAULT_RULES_PATH, "utf8").replace(
      "- name: control-plane",
      "- name: control-plane\n    interval: 5m",
    ),
  );
  await alerts.reload();
  let total = 0;
  const run = async (hours: number, perSecond: number) => {
    for (let i = 0; i < hours * 12; i++) {
      for (let ms = 0; ms < 300_000; ms += INTERVAL_MS) {
        total += perSecond * (INTERVAL_MS / 1_000);
        await workshop.feed("rabbitmq_global_messages_received_total", OWN, total);
        await workshop.time.advance(INTERVAL_MS);
      }
    }
  };
  await run(26, 1_000);
  expect(firing()).toEqual([]);
  await run(1, 2_500);
  expect(firing()).toEqual(["RabbitmqTrafficDoubled warning"]);
});
