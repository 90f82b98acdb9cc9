import { type Element, isLink, type Link, type LinkKind } from "../../core/element.ts";
import { type ElementId, elementIdOf, MAX_ID_LENGTH, parseElementId } from "../../core/element-id.ts";

/** Whether an element is there. */
export type Presence = (id: ElementId) => boolean;

/**
 * The links that join what an agent sees with what OpenStack says, once both are there: from a tap `attached` to its VM,
 * or to its Neutron port while the VM is unknown; an Open vSwitch port `implements` its Neutron port.
 */
export function joinsOf(element: Element | undefined, isPresent: Presence): readonly Link[] {
  if (element === undefined) return [];
  const targets = targetsOf(element);
  const vm = presentOf(targets.vm, isPresent);
  const port = presentOf(targets.port, isPresent);
  if (element.kind === "ovs-port") return port === undefined ? [] : joinOf("implements", element.id, port);
  const target = vm ?? port;
  return target === undefined ? [] : joinOf("attached", element.id, target);
}

/** Every link `joinsOf` may give for this element, whatever is there. */
export function possibleJoinsOf(element: Element | undefined): readonly Link[] {
  if (element === undefined) return [];
  const { vm, port } = targetsOf(element);
  const kind: LinkKind = element.kind === "ovs-port" ? "implements" : "attached";
  const targets = element.kind === "ovs-port" ? [port] : [vm, port];
  return targets.flatMap((target) => (target === undefined ? [] : joinOf(kind, element.id, target)));
}

/** Whether both are joined to the same as long as the same elements are there. */
export function joinAlike(before: Element, after: Element): boolean {
  if (before.kind !== after.kind) return false;
  const [was, is] = [before.attributes, after.attributes];
  return was[PORT_ID] === is[PORT_ID] && was[VM_ID] === is[VM_ID];
}

/** The identifier by which elements on hosts name this one when they may be joined to it. */
export function joinTokenOf(element: Element | undefined): string | undefined {
  if (element === undefined) return undefined;
  const isTarget = element.kind === "vm" || element.kind === "port";
  return isTarget ? element.id.slice(element.id.lastIndexOf("/") + 1).toLowerCase() : undefined;
}

function presentOf(id: ElementId | undefined, isPresent: Presence): ElementId | undefined {
  return id !== undefined && isPresent(id) ? id : undefined;
}

const PORT_ID = "external_ids.iface-id";
const VM_ID = "external_ids.vm-uuid";
const NO_TARGETS = { vm: undefined, port: undefined };

function targetsOf(element: Element): { readonly vm: ElementId | undefined; readonly port: ElementId | undefined } {
  if (isLink(element) || (element.kind !== "tap" && element.kind !== "ovs-port")) return NO_TARGETS;
  const { [PORT_ID]: port, [VM_ID]: vm } = element.attributes;
  return {
    vm: typeof vm === "string" ? targetId("vm", vm) : undefined,
    port: typeof port === "string" ? targetId("neutron/port", port) : undefined,
  };
}

/** OpenStack writes its UUIDs in lower case. Whatever else an agent found there names nothing. */
function targetId(prefix: string, uuid: string): ElementId | undefined {
  return /^[\w.-]{1,64}$/.test(uuid) ? parseElementId(`${prefix}/${uuid.toLowerCase()}`) : undefined;
}

/** None when its id would be too long, which only names made for that can bring about. */
function joinOf(kind: LinkKind, from: ElementId, to: ElementId): readonly Link[] {
  const id = elementIdOf("derived", kind, from, to);
  return id.length > MAX_ID_LENGTH ? [] : [{ id, kind, from, to, attributes: {} }];
}
