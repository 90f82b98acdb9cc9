import { type Element, isLink } from "../../../core/element.ts";
import { hostId } from "../../../core/element-id.ts";
import type { AddedRow, RemovedRow } from "./comparison.ts";
import type { GroupDraft, Grouping } from "./grouping.ts";
import { hostOfId, type Rows, textIn } from "./rows.ts";
import { inSlices, type Sliced } from "./slices.ts";

/** Networks that have a VNI; the segmentation id of others is a VLAN. */
const OVERLAYS: ReadonlySet<string> = new Set(["vxlan", "geneve"]);

/**
 * The VNI of a network comes to a host with the first machine there and goes with the last one: it belongs with a machine
 * of that network that came or went there, as the machine's Open vSwitch port says. With a whole host it goes as all does.
 */
export function* groupSegments(rows: Rows, grouping: Grouping): Sliced<void> {
  yield* follow(rows.removed, yield* groupsBySegment(rows, "removed", grouping), grouping);
  yield* follow(rows.added, yield* groupsBySegment(rows, "added", grouping), grouping);
}

function* follow(
  side: ReadonlyMap<string, RemovedRow | AddedRow>,
  groups: ReadonlyMap<string, GroupDraft>,
  grouping: Grouping,
): Sliced<void> {
  if (groups.size === 0) return;
  yield* inSlices(side.values(), (row) => {
    const { element } = row;
    const host = hostOfId(row.id);
    if (element.kind !== "vni" || host === undefined || side.has(hostId(host)) || grouping.has(row)) return;
    const group = groups.get(`${host} ${element.attributes.vni}`);
    if (group !== undefined) grouping.put(row, group);
  });
}

/** The group of the first machine of each network that left, or came to, each host. */
function* groupsBySegment(
  rows: Rows,
  side: "removed" | "added",
  grouping: Grouping,
): Sliced<ReadonlyMap<string, GroupDraft>> {
  const groups = new Map<string, GroupDraft>();
  const learn = (element: Element, group: GroupDraft | undefined): void => {
    const [host, segment] = [hostOfId(element.id), segmentOf(element)];
    if (group === undefined || host === undefined || segment === undefined) return;
    const key = `${host} ${segment}`;
    if (!groups.has(key)) groups.set(key, group);
  };
  const whole: ReadonlyMap<string, RemovedRow | AddedRow> = rows[side];
  yield* inSlices(whole.values(), ({ id, element }) => learn(element, grouping.groupOf(id)));
  yield* inSlices(rows.moved, ({ id, pair }) => {
    if (pair !== undefined) learn(side === "removed" ? pair.former : pair.element, grouping.groupOf(id));
  });
  return groups;
}

function segmentOf(element: Element): string | undefined {
  if (isLink(element) || element.kind !== "ovs-port") return undefined;
  const isOverlay = OVERLAYS.has(textIn(element.attributes, "other_config.network_type") ?? "");
  return isOverlay ? textIn(element.attributes, "other_config.segmentation_id") : undefined;
}
