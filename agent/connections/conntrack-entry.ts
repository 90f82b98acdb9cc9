/** What a connection is counted as. */
export type ConnectionKind = "tcp_established" | "tcp_other" | "udp" | "other";

/** Addresses are those of the direction that opened the connection, as `addressKey` makes them. */
export type EntrySink = (zone: number, kind: ConnectionKind, source: string, destination: string) => void;

/**
 * Each whole line of /proc/net/nf_conntrack, or of `conntrack -L -o extended`, which differ in how they write IPv6 addresses:
 * `ipv4     2 tcp      6 431999 ESTABLISHED src=… dst=… sport=… dport=… src=… … [ASSURED] mark=0 zone=1 use=2`. The zone
 * is left out when it is 0. Gives back what follows the last whole line. Made for 100,000 lines by an interpreter: few
 * calls for each line, no object, no expression.
 */
export function eachEntry(text: string, onEntry: EntrySink): string {
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    const line = text.slice(start, end);
    start = end + 1;
    const sourceAt = line.indexOf("src=");
    if (sourceAt < 0) continue;
    const sourceEnd = line.indexOf(" dst=", sourceAt);
    const destinationEnd = line.indexOf(" ", sourceEnd + 5);
    const zoneAt = line.indexOf(" zone=", destinationEnd);
    const isV6 = line.startsWith("ipv6");
    const source = line.slice(sourceAt + 4, sourceEnd);
    const destination = line.slice(sourceEnd + 5, destinationEnd);
    onEntry(
      zoneAt < 0 ? 0 : Number.parseInt(line.slice(zoneAt + 6, zoneAt + 11), 10),
      kindOf(line, isV6 ? 12 : 11, sourceAt),
      isV6 ? addressKey(source) : source,
      isV6 ? addressKey(destination) : destination,
    );
  }
  return text.slice(start);
}

const T = 0x74;
const U = 0x75;

function kindOf(line: string, protocolAt: number, sourceAt: number): ConnectionKind {
  const first = line.charCodeAt(protocolAt);
  if (first === T) return line.startsWith("ESTABLISHED ", sourceAt - 12) ? "tcp_established" : "tcp_other";
  // udp, and udplite.
  return first === U ? "udp" : "other";
}

/**
 * One spelling for each address: of IPv6 the long one, as the kernel prints it in /proc (`fd00:0000:…:0001`), since that is
 * what there are most of. RFC 4291 §2.2.
 */
export function addressKey(address: string): string {
  if (!address.includes(":") || address.length === 39) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groupsOf = (text: string | undefined) => (text === undefined || text === "" ? [] : text.split(":"));
  const [left, right] = [groupsOf(head), groupsOf(tail)];
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return [...left, ...zeros, ...right].map((group) => group.padStart(4, "0")).join(":");
}
