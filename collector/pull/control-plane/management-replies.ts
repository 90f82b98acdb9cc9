import { isRecord } from "../../../core/json.ts";
import type { PageText } from "./page-text.ts";
import type { QueueFigures } from "./queues.ts";

/** A reply that is not what the management API of any version says. */
export class UnreadableReply extends Error {}

type Fields = Readonly<Record<string, unknown>>;
/** Where a number stands in a reply, and the series it is. */
type Mapping = readonly (readonly [path: string, name: string, scale?: number])[];

/** Of the whole cluster, whichever node is asked. `churn_rates` come with 3.7, `message_stats` with the first message. */
const OVERVIEW: Mapping = [
  ["queue_totals.messages", "rabbitmq_queue_messages"],
  ["queue_totals.messages_ready", "rabbitmq_queue_messages_ready"],
  ["queue_totals.messages_unacknowledged", "rabbitmq_queue_messages_unacked"],
  ["object_totals.connections", "rabbitmq_connections"],
  ["object_totals.channels", "rabbitmq_channels"],
  ["object_totals.consumers", "rabbitmq_consumers"],
  ["object_totals.queues", "rabbitmq_queues"],
  ["churn_rates.connection_created", "rabbitmq_connections_opened_total"],
  ["churn_rates.connection_closed", "rabbitmq_connections_closed_total"],
  ["churn_rates.channel_created", "rabbitmq_channels_opened_total"],
  ["churn_rates.channel_closed", "rabbitmq_channels_closed_total"],
  ["churn_rates.queue_declared", "rabbitmq_queues_declared_total"],
  ["churn_rates.queue_created", "rabbitmq_queues_created_total"],
  ["churn_rates.queue_deleted", "rabbitmq_queues_deleted_total"],
  ["message_stats.publish", "rabbitmq_global_messages_received_total"],
  ["message_stats.deliver_get", "rabbitmq_global_messages_delivered_total"],
  ["message_stats.ack", "rabbitmq_global_messages_acknowledged_total"],
  ["message_stats.redeliver", "rabbitmq_global_messages_redelivered_total"],
  ["message_stats.return_unroutable", "rabbitmq_global_messages_unroutable_returned_total"],
];

const NODE: Mapping = [
  ["running", "rabbitmq_node_running"],
  ["mem_used", "rabbitmq_process_resident_memory_bytes"],
  ["mem_limit", "rabbitmq_resident_memory_limit_bytes"],
  ["mem_alarm", "rabbitmq_alarms_memory_used_watermark"],
  ["disk_free", "rabbitmq_disk_space_available_bytes"],
  ["disk_free_limit", "rabbitmq_disk_space_available_limit_bytes"],
  ["disk_free_alarm", "rabbitmq_alarms_free_disk_space_watermark"],
  ["fd_used", "rabbitmq_process_open_fds"],
  ["fd_total", "rabbitmq_process_max_fds"],
  ["sockets_used", "rabbitmq_process_open_tcp_sockets"],
  ["sockets_total", "rabbitmq_process_max_tcp_sockets"],
  ["proc_used", "rabbitmq_erlang_processes_used"],
  ["proc_total", "rabbitmq_erlang_processes_limit"],
  ["run_queue", "rabbitmq_erlang_scheduler_run_queue"],
  ["uptime", "rabbitmq_erlang_uptime_seconds", 0.001],
];

/** Columns asked of `/api/nodes` and `/api/queues`: the rest is most of a reply. */
export const NODE_COLUMNS = ["name", "partitions", ...NODE.map(([path]) => path)].join(",");
export const QUEUE_COLUMNS = "name,vhost,messages_ready,messages_unacknowledged,consumers";

/** Adds what `GET /api/overview` says. Errors: `UnreadableReply`. */
export function addOverview(reply: unknown, page: PageText): void {
  const overview = recordOf(reply, "/api/overview");
  for (const [path, name] of OVERVIEW) page.add(name, numberAt(overview, path));
}

/** Adds what `GET /api/nodes` says of each node, with the label `node`. A node that is down says little. */
export function addNodes(reply: unknown, page: PageText): void {
  for (const entry of listOf(reply, "/api/nodes")) {
    const node = recordOf(entry, "a node");
    const labels = { node: textAt(node, "name") };
    for (const [path, name, scale = 1] of NODE) {
      const value = numberAt(node, path);
      page.add(name, value === undefined ? undefined : value * scale, labels);
    }
    const { partitions } = node;
    if (partitions === undefined) continue;
    if (!Array.isArray(partitions)) throw new UnreadableReply("partitions of a node are no list");
    page.add("rabbitmq_unreachable_cluster_peers_count", partitions.length, labels);
  }
}

/** What `GET /api/queues` says. A queue that was just declared, or whose node is down, has no figures yet. */
export function queuesOf(reply: unknown): readonly QueueFigures[] {
  return listOf(reply, "/api/queues").map((entry) => {
    const queue = recordOf(entry, "a queue");
    return {
      vhost: textAt(queue, "vhost"),
      queue: textAt(queue, "name"),
      ready: numberAt(queue, "messages_ready") ?? 0,
      unacked: numberAt(queue, "messages_unacknowledged") ?? 0,
      consumers: numberAt(queue, "consumers") ?? 0,
    };
  });
}

function recordOf(value: unknown, what: string): Fields {
  if (!isRecord(value)) throw new UnreadableReply(`${what} is no object`);
  return value;
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new UnreadableReply(`${what} is no list`);
  return value;
}

function textAt(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== "string") throw new UnreadableReply(`${key} is no text`);
  return value;
}

/** Undefined where it is absent; yes and no are 1 and 0. */
function numberAt(fields: Fields, path: string): number | undefined {
  let value: unknown = fields;
  for (const key of path.split(".")) {
    if (value === undefined) return undefined;
    // A statistic of which there is none yet is an empty list instead of an object.
    if (Array.isArray(value) && value.length === 0) return undefined;
    value = recordOf(value, path)[key];
  }
  if (typeof value === "boolean") return value ? 1 : 0;
  // Where a figure is not known on this system, `fd_used` for one.
  if (value === undefined || value === "unknown") return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) throw new UnreadableReply(`${path} is no number`);
  return value;
}
