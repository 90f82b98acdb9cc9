declare const elementId: unique symbol;

/**
 * A natural, stable name of an element, unique within its cluster: `host/<host>/if/<ifname>`.
 * Segments are percent-encoded, `/` separates them. It survives restarts of agent, Open vSwitch and host.
 */
export type ElementId = string & { readonly [elementId]: true };

/**
 * Builds an id from raw segments: `elementIdOf("host", "c-1", "if", "eth0")`.
 * Throws a RangeError for an empty segment, and for a lone surrogate, which cannot be percent-encoded.
 */
export function elementIdOf(...segments: readonly string[]): ElementId {
  if (segments.length === 0 || segments.some((s) => s === "" || !s.isWellFormed())) {
    throw new RangeError(`an element id needs non-empty, well-formed segments, got ${JSON.stringify(segments)}`);
  }
  return segments.map(encodeSegment).join("/") as ElementId;
}

/** Brands text that came from outside. Undefined when it is not a well-formed id. */
export function parseElementId(text: string): ElementId | undefined {
  if (text.length === 0 || text.length > MAX_ID_LENGTH) return undefined;
  if (!/^[\w.:@~!$'()*+,;=%-]+(\/[\w.:@~!$'()*+,;=%-]+)*$/.test(text)) return undefined;
  return !text.includes("%") || isDecodable(text) ? (text as ElementId) : undefined;
}

/** An escape never reaches over a `/`, so that the whole can be decoded when each segment can. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export const MAX_ID_LENGTH = 512;

/**
 * A host's name, percent-encoded, has at most this many characters. The longest id built from it is that of a link
 * between interfaces or ports of two hosts: it has one name encoded once and the other twice, and is within
 * `MAX_ID_LENGTH`. Linux itself knows names of at most 64 bytes.
 */
export const MAX_HOST_SEGMENT_LENGTH = 128;

/** Whether ids can be built from this name of a host. */
export function isHostName(host: string): boolean {
  return host !== "" && host.isWellFormed() && encodeSegment(host).length <= MAX_HOST_SEGMENT_LENGTH;
}

/** The raw segments of an id. */
export function segmentsOf(id: ElementId): readonly string[] {
  return id.split("/").map(decodeURIComponent);
}

export const hostId = (host: string): ElementId => elementIdOf("host", host);

/** The node that stands for the agent's session on a host; owned by the recorder, not by the agent. */
export const agentId = (host: string): ElementId => elementIdOf("agent", host);

export const netnsId = (host: string, netns: string): ElementId => elementIdOf("host", host, "netns", netns);

/** An interface; `netns` undefined means the host's own (first) network namespace. */
export function interfaceId(host: string, netns: string | undefined, ifname: string): ElementId {
  return netns === undefined
    ? elementIdOf("host", host, "if", ifname)
    : elementIdOf("host", host, "netns", netns, "if", ifname);
}

export const ovsBridgeId = (host: string, bridge: string): ElementId => elementIdOf("host", host, "ovs", bridge);

export const ovsPortId = (host: string, bridge: string, port: string): ElementId =>
  elementIdOf("host", host, "ovs", bridge, "port", port);

/** A link is named by its owner's end, its kind and its other end (without the host prefix both share). */
export function linkId(kind: string, from: ElementId, to: ElementId): ElementId {
  const owner = ownerHostPrefix(from);
  const rest = owner !== undefined && to.startsWith(owner) ? to.slice(owner.length) : to;
  return `${from}/${encodeSegment(kind)}/${encodeSegment(rest)}` as ElementId;
}

/** `host/<host>/` of an id below a host, else undefined. */
function ownerHostPrefix(id: ElementId): string | undefined {
  return /^host\/[^/]+\//.exec(id)?.[0];
}

/** The host whose agent owns this element, undefined when no agent does. */
export function ownerHostOf(id: ElementId): string | undefined {
  const match = /^host\/([^/]+)(\/|$)/.exec(id);
  return match?.[1] === undefined ? undefined : decodeURIComponent(match[1]);
}

/** Whether `id` is `root` or stands below it. */
export function isWithin(id: ElementId, root: ElementId): boolean {
  return id === root || id.startsWith(`${root}/`);
}

/** Nothing in it needs to be encoded: nearly every segment, and there are many. */
const PLAIN_SEGMENT = /^[\w.~:@-]*$/;

function encodeSegment(segment: string): string {
  if (PLAIN_SEGMENT.test(segment)) return segment;
  return encodeURIComponent(segment).replaceAll("%3A", ":").replaceAll("%40", "@");
}
