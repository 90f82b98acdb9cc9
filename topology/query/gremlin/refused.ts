import { OperatorError } from "../../../core/errors.ts";

const FLOWS =
  "flows are not captured here; counters per interface and VM are metrics: nephoscope query 'rate(net_if_rx_bytes[1m])'";
const METRICS = "counters are metrics: nephoscope query 'rate(net_if_rx_bytes[1m])', with aggregation by PromQL";

/** Steps of Skydive that this topology does not answer, and what to use instead; by name in lower case. */
const STEPS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    flows: FLOWS,
    hops: FLOWS,
    nodes: FLOWS,
    capturenode: FLOWS,
    node: FLOWS,
    aggregates: METRICS,
    metrics: METRICS,
    rawpackets: FLOWS,
    bpf: FLOWS,
    sockets: "sockets are not part of the topology; connections per VM are a metric",
    nexthop:
      "routes are not walked; G.V().Has('Name', …).ShortestPathTo(Metadata('Name', …)) follows links and tunnels",
    group: "use Values('key') and Dedup(), or Count() after Has('key', value)",
    morethan: "use Count() and compare the number",
    workflow: "workflows are not supported; GET /api/v1/topology/path explains a path hop by hop",
  }),
);

const HISTORY = "GET /api/v1/topology/elements/{id}/history tells when an element came, changed and went";
const LIVE = "tables that change all the time are metrics or live look-ups, not topology";

/** Keys of Skydive that elements here do not have, and what to use instead. */
const KEYS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "@CreatedAt": HISTORY,
    "@UpdatedAt": HISTORY,
    "@DeletedAt": HISTORY,
    "@Revision": HISTORY,
    "@Origin": HISTORY,
    CreatedAt: HISTORY,
    UpdatedAt: HISTORY,
    DeletedAt: HISTORY,
    Revision: HISTORY,
    Metric: METRICS,
    LastUpdateMetric: METRICS,
    SFlow: METRICS,
    FDB: LIVE,
    Sockets: LIVE,
    Captures: FLOWS,
    PacketInjections: FLOWS,
  }),
);

/** The refusal of a step that Skydive has and this does not; undefined for any other name. */
export function refusalOfStep(name: string): OperatorError | undefined {
  const instead = STEPS.get(name.toLowerCase());
  return instead === undefined ? undefined : unsupported(`the step ${name} is not supported`, instead);
}

/** The refusal of a key, or of a field below it such as `Metric.RxBytes`. */
export function refusalOfKey(key: string): OperatorError | undefined {
  const [first = ""] = key.split(".");
  const instead = KEYS.get(key) ?? KEYS.get(first);
  return instead === undefined ? undefined : unsupported(`the topology has no ${key}`, instead);
}

export function unsupported(message: string, hint: string): OperatorError {
  return new OperatorError({ code: "gremlin.unsupported", message, hint, status: 400 });
}
