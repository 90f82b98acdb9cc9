import { OperatorError } from "../../core/errors.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import type { Change } from "../../topology/model/change.ts";
import { type GraphSource, liveSource } from "../../topology/query/graph-source.ts";
import { createPastHints } from "../../topology/query/past-hints.ts";
import { pastSource } from "../../topology/query/past-source.ts";
import type { Asked, Moment } from "./topology-request.ts";

/** Elements that have changed since a moment, up to which the present helps to find what was there. */
const MAX_CHANGED_SINCE = 20_000;
const MAX_LOST = 1_000;

/** The graph of a cluster at a moment, as queries use it; of the past only what a query comes to is read. */
export function sourceAt(store: TopologyStore, { recorder, now }: Asked, moment: Moment): GraphSource {
  if (moment.isLive) return liveSource(recorder.graph);
  const { cluster, graph: live } = recorder;
  const { at } = moment;
  const hints = createPastHints({
    changesSince: () => changesSince(store, { cluster, from: at, to: now }),
    onceIdentifiedBy: async (token) =>
      (await store.pastIdentifiers({ cluster, tokens: [token], limit: MAX_LOST })).map(({ id }) => id),
  });
  return pastSource({ live, hints, read: (part) => store.stateAt(cluster, { at }, part) });
}

/** Undefined when it is more than is worth reading for a hint. */
async function changesSince(
  store: TopologyStore,
  span: { readonly cluster: string; readonly from: Moment["at"]; readonly to: Moment["at"] },
): Promise<readonly Change[] | undefined> {
  if (span.from >= span.to) return [];
  try {
    return await store.netChanges({ ...span, limit: MAX_CHANGED_SINCE });
  } catch (error) {
    if (error instanceof OperatorError && error.code === "topology.too_many_changes") return undefined;
    throw error;
  }
}
