import { type Element, isLink } from "../core/element.ts";
import { type ElementId, hostId } from "../core/element-id.ts";
import { OperatorError } from "../core/errors.ts";

/** Every element has one owner; who may say what about which element follows from its id. */
export type Owner =
  /** An agent: `host/<host>`, what stands below it, and links that start there. */
  | { readonly kind: "agent"; readonly host: string }
  /** The recorder itself, about the session of an agent: the node `agent/<host>`. */
  | { readonly kind: "recorder"; readonly host: string }
  /** OpenStack of the whole cluster: `vm/…`, `neutron/…`, `openstack/…`, and links that start there. */
  | { readonly kind: "openstack"; readonly cluster: string }
  /** The recorder, about what follows from elements of others: places `region/…` and links `derived/…`. */
  | { readonly kind: "derived"; readonly cluster: string }
  /** People: everything else, as `switch/…`. */
  | { readonly kind: "declared"; readonly cluster: string };

/** The `origin` of the owner's revisions; event times never go backwards within one origin. */
export function originOf(owner: Owner): string {
  return `${owner.kind}/${"host" in owner ? owner.host : owner.cluster}`;
}

/** Names an owner within its cluster. */
export function ownerKeyOf(owner: Owner): string {
  return "host" in owner ? `${owner.kind}/${owner.host}` : owner.kind;
}

const AGENT_SEGMENT = "agent/".length;

/** The `ownerKeyOf` of who owns the element with this id. */
export function ownerKeyOfId(id: ElementId): string {
  switch (id.slice(0, id.indexOf("/"))) {
    case "host":
      return keyWithHost("agent", id) ?? "nobody";
    case "agent":
      return (id.indexOf("/", AGENT_SEGMENT) < 0 ? keyWithHost("recorder", id) : undefined) ?? "nobody";
    case "vm":
    case "neutron":
    case "openstack":
      return "openstack";
    case "region":
    case "derived":
      return "derived";
    default:
      return "declared";
  }
}

export function ownsId(owner: Owner, id: ElementId): boolean {
  return ownerKeyOfId(id) === ownerKeyOf(owner);
}

/** The refusal for an element its owner may not write; undefined when it may. */
export function ownershipBrokenBy(owner: Owner, element: Element): OperatorError | undefined {
  if (!ownsId(owner, element.id)) return notOwner(owner, element.id);
  if (isLink(element)) return mayStartAt(owner, element.from) ? undefined : notOwner(owner, element.from);
  if (!("host" in owner)) return undefined;
  if (element.host !== undefined && element.host !== owner.host) {
    return refusal(owner, `${element.id} as an element of host ${element.host}`);
  }
  if (owner.kind === "agent" && element.id !== hostId(owner.host)) {
    const parent = element.parent;
    if (parent !== undefined && !ownsId(owner, parent)) return refusal(owner, `${element.id} below ${parent}`);
  }
  return undefined;
}

export function notOwner(owner: Owner, id: ElementId): OperatorError {
  return refusal(owner, id);
}

/** Derived links join elements of others, and so may declared ones: whose they are is told by their own id. */
function mayStartAt(owner: Owner, from: ElementId): boolean {
  return owner.kind === "derived" || owner.kind === "declared" || ownsId(owner, from);
}

/** Undefined when the host is not written as `hostId` writes it: nobody owns such an id. */
function keyWithHost(kind: "agent" | "recorder", id: ElementId): string | undefined {
  const start = id.indexOf("/") + 1;
  const end = id.indexOf("/", start);
  const segment = end < 0 ? id.slice(start) : id.slice(start, end);
  // Most names need no escapes, and this is asked for each change.
  if (/^[\w.:@-]+$/.test(segment)) return `${kind}/${segment}`;
  const host = decodeURIComponent(segment);
  return hostId(host) === `host/${segment}` ? `${kind}/${host}` : undefined;
}

function refusal(owner: Owner, what: string): OperatorError {
  return new OperatorError({
    code: "topology.not_owner",
    message: `${originOf(owner)} may not write ${what}`,
    hint: `it may write ${territoryOf(owner)}`,
    status: 403,
  });
}

function territoryOf(owner: Owner): string {
  switch (owner.kind) {
    case "agent":
      return `host/${owner.host}, what stands below it, and links that start there`;
    case "recorder":
      return `agent/${owner.host}`;
    case "openstack":
      return "vm/…, neutron/…, openstack/…, and links that start there";
    case "derived":
      return "region/… and derived/…";
    case "declared":
      return "what neither agents, OpenStack nor the recorder own";
  }
}
