import type { SqlTable } from "../sql-database.ts";

/** What happened on hosts, a row each. `severity` is the place in `SEVERITIES`; `attributes` is JSON. Times are epoch milliseconds. */
export const EVENTS: SqlTable = {
  name: "events",
  columns: [
    { name: "cluster", type: "text" },
    { name: "at_ms", type: "whole" },
    { name: "known_at_ms", type: "whole" },
    { name: "host", type: "text" },
    { name: "event_id", type: "text" },
    { name: "kind", type: "text" },
    { name: "element_id", type: "text" },
    { name: "severity", type: "small" },
    { name: "body", type: "text" },
    { name: "attributes", type: "text" },
  ],
  lookups: [
    ["cluster", "at_ms"],
    ["cluster", "element_id", "at_ms"],
  ],
};

/** The worse, the later. */
export const SEVERITIES = ["info", "warning", "critical"] as const;
