/** A bond as /proc/net/bonding/<bond> shows it (drivers/net/bonding/bond_procfs.c of Linux). */
export interface BondReading {
  readonly members: readonly BondMember[];
  /** 802.3ad only, and only for who may see it (CAP_NET_ADMIN). */
  readonly lacp: { readonly activeAggregator: number; readonly partnerMac: string | undefined } | undefined;
}

export interface BondMember {
  readonly name: string;
  readonly isUp: boolean;
  readonly linkFailures: number | undefined;
  /** The MAC the card came with. */
  readonly permanentMac: string | undefined;
  readonly aggregator: number | undefined;
  /** LACP gave up waiting, here or at the partner (802.3ad, 43.4.17). */
  readonly isChurned: boolean | undefined;
  readonly actorState: number | undefined;
  readonly partner: { readonly mac: string | undefined; readonly port: number | undefined } | undefined;
}

/** Bits of a port's state in LACP (802.3ad, 43.4.2.2). */
const DEFAULTED = 0x40;
const EXPIRED = 0x80;
const IN_SYNC = 0x08;
const COLLECTING = 0x10;
const DISTRIBUTING = 0x20;

/** Whether the partner is heard now, and the member carries traffic; undefined without LACP. */
export function isLacpCurrent({ actorState }: BondMember): boolean | undefined {
  if (actorState === undefined) return undefined;
  const wanted = IN_SYNC | COLLECTING | DISTRIBUTING;
  return (actorState & (DEFAULTED | EXPIRED)) === 0 && (actorState & wanted) === wanted;
}

/** Of any mode; lines that are not known are passed over, as each version of the driver adds some. */
export function parseBond(text: string): BondReading {
  const [head = "", ...sections] = text.split(/^Slave Interface: /m);
  const active = valuesOf(head.slice(head.indexOf("Active Aggregator Info:")));
  const activeAggregator = head.includes("Active Aggregator Info:") ? numberOf(active.get("Aggregator ID")) : undefined;
  const partnerMac = macOf(active.get("Partner Mac Address"));
  return {
    members: sections.map(parseMember),
    lacp: activeAggregator === undefined ? undefined : { activeAggregator, partnerMac },
  };
}

function parseMember(section: string): BondMember {
  const [name = ""] = section.split("\n", 1);
  const [common = "", rest = ""] = section.split("details actor lacp pdu:");
  const [actor = "", partner = ""] = rest.split("details partner lacp pdu:");
  const [values, actorValues, partnerValues] = [valuesOf(common), valuesOf(actor), valuesOf(partner)];
  const churn = [values.get("Actor Churn State"), values.get("Partner Churn State")].filter((it) => it !== undefined);
  return {
    name: name.trim(),
    isUp: values.get("MII Status") === "up",
    linkFailures: numberOf(values.get("Link Failure Count")),
    permanentMac: macOf(values.get("Permanent HW addr")),
    aggregator: numberOf(values.get("Aggregator ID")),
    isChurned: churn.length === 0 ? undefined : churn.includes("churned"),
    actorState: numberOf(actorValues.get("port state")),
    partner:
      partnerValues.size === 0
        ? undefined
        : { mac: macOf(partnerValues.get("system mac address")), port: numberOf(partnerValues.get("port number")) },
  };
}

function valuesOf(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) values.set(line.slice(0, colon).trim(), line.slice(colon + 2).trim());
  }
  return values;
}

/** `N/A` in an aggregator that is none. */
function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** All zeros: nobody is there. */
function macOf(text: string | undefined): string | undefined {
  return text === undefined || /^[0:]*$/.test(text) ? undefined : text;
}
