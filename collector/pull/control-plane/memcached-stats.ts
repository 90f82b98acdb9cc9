import { PageText } from "./page-text.ts";

/** Series of what `stats` says, with the names of the exporter for Prometheus. Source: memcached, doc/protocol.txt. */
const SERIES: Readonly<Record<string, readonly [name: string, labels?: Readonly<Record<string, string>>]>> = {
  uptime: ["memcached_uptime_seconds"],
  curr_connections: ["memcached_current_connections"],
  max_connections: ["memcached_max_connections"],
  total_connections: ["memcached_connections_total"],
  rejected_connections: ["memcached_connections_rejected_total"],
  listen_disabled_num: ["memcached_connections_listener_disabled_total"],
  conn_yields: ["memcached_connections_yielded_total"],
  get_hits: ["memcached_commands_total", { command: "get", status: "hit" }],
  get_misses: ["memcached_commands_total", { command: "get", status: "miss" }],
  delete_hits: ["memcached_commands_total", { command: "delete", status: "hit" }],
  delete_misses: ["memcached_commands_total", { command: "delete", status: "miss" }],
  cmd_flush: ["memcached_commands_total", { command: "flush", status: "hit" }],
  cmd_set: ["memcached_commands_total", { command: "set", status: "hit" }],
  bytes: ["memcached_current_bytes"],
  limit_maxbytes: ["memcached_limit_bytes"],
  curr_items: ["memcached_current_items"],
  total_items: ["memcached_items_total"],
  evictions: ["memcached_items_evicted_total"],
  reclaimed: ["memcached_items_reclaimed_total"],
  bytes_read: ["memcached_read_bytes_total"],
  bytes_written: ["memcached_written_bytes_total"],
};

/** The page for an answer up to and with its END. Undefined: not memcached's. */
export function memcachedPage(answer: string): string | undefined {
  const lines = answer.split("\r\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.pop() !== "END") return undefined;
  const page = new PageText();
  page.add("memcached_up", 1);
  for (const line of lines) {
    const [, key = "", value = ""] = /^STAT (\S+) (.*)$/.exec(line) ?? [];
    if (key === "") return undefined;
    if (key === "version") page.add("memcached_version", 1, { version: value });
    const series = Object.hasOwn(SERIES, key) ? SERIES[key] : undefined;
    if (series === undefined) continue;
    if (!/^[0-9]+$/.test(value)) return undefined;
    page.add(series[0], Number(value), series[1]);
  }
  return page.toString();
}
