import { isRecord, parseJson } from "../../../core/json.ts";
import { listAt, numberAt, textAt } from "../../json-value.ts";

/** A virtual function as its physical function's driver knows it: a member of `vfinfo_list` of `ip -s -d -j link`. */
export interface VfInfo {
  readonly index: number;
  readonly mac: string | undefined;
  /** Undefined: untagged. */
  readonly vlan: number | undefined;
  readonly qos: number | undefined;
  readonly isTrusted: boolean | undefined;
  readonly isSpoofChecked: boolean | undefined;
  /** `auto`, `enable` or `disable`. */
  readonly linkState: string | undefined;
  readonly maxTxMbps: number | undefined;
  readonly rx: VfCounters | undefined;
  readonly tx: VfCounters | undefined;
}

export interface VfCounters {
  readonly bytes: number | undefined;
  readonly packets: number | undefined;
  readonly dropped: number | undefined;
}

/** Where a virtual function is in sysfs. */
export interface VfDevice {
  /** As in a domain's `<hostdev>`: `0000:3b:02.1`. */
  readonly busAddress: string;
  /** Its interface in the host's own namespace; undefined when a machine has it, or another namespace. */
  readonly interface: string | undefined;
  /** `vfio-pci` when a machine has it. */
  readonly driver: string | undefined;
}

/** Parses `ip -s -d -j link show dev <pf>`. Older versions of iproute2 say `mac` for `address`, and `vlan` outside of `vlan_list`. */
export function parseVfInfos(text: string): readonly VfInfo[] {
  const answer = parseJson(text);
  const links: readonly unknown[] = Array.isArray(answer) ? answer : [];
  return links.flatMap((link) => listAt(link, "vfinfo_list")).flatMap(parseVf);
}

function parseVf(item: unknown): readonly VfInfo[] {
  const index = numberAt(item, "vf");
  if (index === undefined || !isRecord(item)) return [];
  const vlan = listAt(item, "vlan_list")[0] ?? item;
  const mac = textAt(item, "address") ?? textAt(item, "mac");
  return [
    {
      index,
      mac: mac === "00:00:00:00:00:00" ? undefined : mac,
      vlan: numberAt(vlan, "vlan") || undefined,
      qos: numberAt(vlan, "qos") || undefined,
      isTrusted: typeof item.trust === "boolean" ? item.trust : undefined,
      isSpoofChecked: typeof item.spoofchk === "boolean" ? item.spoofchk : undefined,
      linkState: textAt(item, "link_state"),
      maxTxMbps: numberAt(item.rate, "max_tx") || numberAt(item, "tx_rate") || undefined,
      ...countersOf(item.stats),
    },
  ];
}

function countersOf(stats: unknown): Pick<VfInfo, "rx" | "tx"> {
  const of = (direction: unknown): VfCounters | undefined =>
    isRecord(direction)
      ? {
          bytes: numberAt(direction, "bytes"),
          packets: numberAt(direction, "packets"),
          dropped: numberAt(direction, "dropped"),
        }
      : undefined;
  return isRecord(stats) ? { rx: of(stats.rx), tx: of(stats.tx) } : { rx: undefined, tx: undefined };
}
