import { isRecord, parseJson } from "../../../core/json.ts";
import { listAt, textAt } from "../../json-value.ts";

/** Whom an interface hears by LLDP (IEEE 802.1AB). */
export interface LldpNeighbour {
  readonly interface: string;
  /** What the neighbour calls itself; the id of its chassis when it has no name. */
  readonly system: string;
  readonly chassisId: string;
  /** What people call its port: the name of the interface where that is its id, else its description, else its id. */
  readonly port: string;
  readonly portId: string;
  readonly systemDescription: string | undefined;
  /** Sorted. */
  readonly managementAddresses: readonly string[];
  /** Whether it forwards: a switch or router rather than another host or a phone. */
  readonly isForwarding: boolean;
  readonly ttlSeconds: number;
  /** Since it was first heard. */
  readonly ageSeconds: number;
}

/** Its default (802.1AB): 30 s times 4, and 1. */
const DEFAULT_TTL_SECONDS = 121;

/**
 * Parses `lldpcli -f json0 show neighbors details`, in which everything is a list. Undefined when it is something else.
 * Neighbours by other protocols (CDP, EDP …) are told in the same way and taken likewise.
 */
export function parseLldpNeighbours(text: string): readonly LldpNeighbour[] | undefined {
  const answer = parseJson(text);
  if (!isRecord(answer) || !Array.isArray(answer.lldp)) return undefined;
  return answer.lldp.flatMap((list) => listAt(list, "interface")).flatMap(parseNeighbour);
}

/** Parses `lldpcli -f json0 show chassis`: what this host calls itself to its neighbours. */
export function parseOwnName(text: string): string | undefined {
  const [chassis] = listAt(listAt(parseJson(text), "local-chassis")[0], "chassis");
  return firstValue(chassis, "name");
}

function parseNeighbour(item: unknown): readonly LldpNeighbour[] {
  const [chassis, port] = [listAt(item, "chassis")[0], listAt(item, "port")[0]];
  const [chassisId, portId] = [listAt(chassis, "id")[0], listAt(port, "id")[0]];
  const [name, chassisText, portText] = [textAt(item, "name"), textAt(chassisId, "value"), textAt(portId, "value")];
  if (name === undefined || chassisText === undefined || portText === undefined) return [];
  const isNamed = textAt(portId, "type") === "ifname";
  return [
    {
      interface: name,
      system: firstValue(chassis, "name") ?? chassisText,
      chassisId: chassisText,
      port: (isNamed ? undefined : firstValue(port, "descr")) ?? portText,
      portId: portText,
      systemDescription: firstValue(chassis, "descr"),
      managementAddresses: listAt(chassis, "mgmt-ip")
        .flatMap((it) => textAt(it, "value") ?? [])
        .toSorted(),
      isForwarding: listAt(chassis, "capability").some(isForwardingCapability),
      ttlSeconds: Number(firstValue(port, "ttl") ?? firstValue(item, "ttl") ?? Number.NaN) || DEFAULT_TTL_SECONDS,
      ageSeconds: parseAge(textAt(item, "age") ?? ""),
    },
  ];
}

function isForwardingCapability(item: unknown): boolean {
  const type = textAt(item, "type");
  return isRecord(item) && item.enabled === true && (type === "Bridge" || type === "Router");
}

function firstValue(item: unknown, name: string): string | undefined {
  return textAt(listAt(item, name)[0], "value");
}

/** `1 day, 02:03:04` */
function parseAge(text: string): number {
  const [, days = "0", hours = "0", minutes = "0", seconds = "0"] = /^(\d+) days?, (\d+):(\d+):(\d+)$/.exec(text) ?? [];
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}
