import { isLink, type Node } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import type { Row } from "./comparison.ts";
import { domainUuidOf, lastSegment, PORT_PREFIX_LENGTH, portPrefixIn, portPrefixOf, uuidBelow } from "./identity.ts";
import { type Rows, textIn } from "./rows.ts";
import { inSlices, type Sliced } from "./slices.ts";

/** The uuid of the VM something belongs to; `element` is undefined for what only has an update. */
export type MachineName = (id: ElementId, element: Node | undefined) => string | undefined;

/**
 * A device names its VM itself (`external_ids.vm-uuid`), or by the Neutron port they share, or by being attached to its
 * domain: whatever one of the changed elements tells, holds for the others.
 */
export function* machineNames(rows: Rows): Sliced<MachineName> {
  const byPort = new Map<string, string>();
  const byDevice = new Map<ElementId, string>();
  const learn = (row: Row): void => {
    for (const element of elementsOf(row)) {
      if (isLink(element)) {
        if (element.kind === "attached" && isMachine(element.to)) {
          const [uuid, port] = [lastSegment(element.to), portPrefixIn(lastSegment(element.from))];
          byDevice.set(element.from, uuid);
          if (port !== undefined) byPort.set(port, uuid);
        }
        continue;
      }
      const uuid = textIn(element.attributes, "external_ids.vm-uuid");
      const port = portPrefixOf(element);
      if (uuid !== undefined && port !== undefined) byPort.set(port, uuid);
      const own = uuidBelow("neutron/port/", element.id);
      const device = textIn(element.attributes, "device_id");
      if (own !== undefined && device !== undefined) byPort.set(own.slice(0, PORT_PREFIX_LENGTH), device);
    }
  };
  for (const list of [rows.removed.values(), rows.added.values(), rows.moved]) yield* inSlices(list, learn);
  yield* inSlices(rows.updated, ({ id, before, after }) => {
    const port = uuidBelow("neutron/port/", id);
    const device = textIn(after, "device_id") ?? textIn(before, "device_id");
    if (port !== undefined && device !== undefined) byPort.set(port.slice(0, PORT_PREFIX_LENGTH), device);
  });
  return (id, element) => {
    const own = uuidBelow("vm/", id);
    if (own !== undefined) return own;
    const port = uuidBelow("neutron/port/", id);
    if (port !== undefined) return byPort.get(port.slice(0, PORT_PREFIX_LENGTH));
    if (element === undefined) return undefined;
    if (element.kind === "domain") return domainUuidOf(element);
    const named = textIn(element.attributes, "external_ids.vm-uuid") ?? byDevice.get(id);
    if (named !== undefined) return named;
    const prefix = portPrefixOf(element);
    return prefix === undefined ? undefined : byPort.get(prefix);
  };
}

function isMachine(id: ElementId): boolean {
  return id.startsWith("vm/") || id.includes("/domain/");
}

function elementsOf(row: Row) {
  if (row.kind === "updated") return [];
  if (row.kind === "moved") return row.pair === undefined ? [] : [row.pair.former, row.pair.element];
  return [row.element];
}
