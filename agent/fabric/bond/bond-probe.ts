import { isDeepStrictEqual } from "node:util";
import type { EpochMs } from "../../../core/clock.ts";
import type { Attributes } from "../../../core/element.ts";
import { type ElementId, interfaceId } from "../../../core/element-id.ts";
import { intField, type Point } from "../../../core/line-protocol.ts";
import type { Probe, ProbeContext, ProbeSession } from "../../probe.ts";
import type { ProcReader } from "../../proc-reader.ts";
import { attributesOf } from "../../topology/attributes.ts";
import { type BondMember, type BondReading, isLacpCurrent, parseBond } from "./bond-text.ts";

const FOLDER = "/proc/net/bonding";

/** More bonds than a host has cards for. */
const MAX_BONDS = 32;

type Bonds = ReadonlyMap<string, BondReading>;

/** Bonds of the kernel, with what LACP knows, in the host's own namespace. */
export function bondProbe(host: string, proc: ProcReader): Probe {
  return { name: "bond", detect: async (context) => detectBonds(host, proc, context) };
}

function detectBonds(host: string, proc: ProcReader, { changed }: ProbeContext): ProbeSession | undefined {
  let told = readBonds(proc);
  if (told.size === 0) return undefined;
  const ended = Promise.withResolvers<string>();
  return {
    ended: ended.promise,
    sample(at, sink) {
      const bonds = readBonds(proc);
      for (const [name, bond] of bonds) bondPoints(name, bond, at).forEach(sink);
      if (bonds.size === 0) ended.resolve("the last bond is gone");
      const hasChanged = !isDeepStrictEqual(bondAttributes(host, bonds), bondAttributes(host, told));
      told = bonds;
      if (hasChanged) changed();
    },
    contribute: () => ({ elements: [], attributes: bondAttributes(host, told) }),
  };
}

function readBonds(proc: ProcReader): Bonds {
  const bonds = new Map<string, BondReading>();
  for (const name of proc.names(FOLDER).slice(0, MAX_BONDS)) {
    const text = proc.text(`${FOLDER}/${name}`);
    if (text !== undefined) bonds.set(name, parseBond(text));
  }
  return bonds;
}

/** Aggregators are numbered anew each time, so what is told is who is outside of the one in use. */
export function bondAttributes(host: string, bonds: Bonds): ReadonlyMap<ElementId, Attributes> {
  const attributes = new Map<ElementId, Attributes>();
  for (const [name, { members, lacp }] of bonds) {
    const namesOf = (isIt: (member: BondMember) => boolean | undefined) =>
      members.flatMap((member) => (isIt(member) === true ? [member.name] : [])).sort();
    const partners = new Set(members.flatMap(({ partner }) => partner?.mac ?? []));
    attributes.set(
      interfaceId(host, undefined, name),
      attributesOf({
        bond_members: members.map((member) => member.name).sort(),
        bond_members_down: namesOf(({ isUp }) => !isUp),
        lacp_partner_mac: lacp?.partnerMac,
        // Two ports that reach different systems are no one bundle.
        lacp_partner_macs: partners.size > 1 ? [...partners].sort() : undefined,
        lacp_members_outside: lacp && namesOf(({ aggregator }) => aggregator !== lacp.activeAggregator),
        lacp_members_churned: namesOf(({ isChurned }) => isChurned),
      }),
    );
    for (const member of members) {
      attributes.set(interfaceId(host, undefined, member.name), memberAttributes(member));
    }
  }
  return attributes;
}

function memberAttributes(member: BondMember): Attributes {
  return attributesOf({
    permanent_mac: member.permanentMac,
    lacp_current: isLacpCurrent(member),
    lacp_partner_mac: member.partner?.mac,
    lacp_partner_port: member.partner?.mac === undefined ? undefined : member.partner.port,
  });
}

export function bondPoints(bond: string, { members, lacp }: BondReading, at: EpochMs): readonly Point[] {
  const aggregators = new Set(members.flatMap(({ aggregator }) => aggregator ?? []));
  const ofBond = {
    members: intField(members.length),
    members_up: intField(members.filter(({ isUp }) => isUp).length),
    aggregators: lacp === undefined ? undefined : intField(aggregators.size),
  };
  const ofMembers = members.map(({ name, isUp, linkFailures, aggregator, isChurned }) => ({
    measurement: "bond_member",
    tags: { bond, interface: name },
    fields: {
      up: intField(isUp ? 1 : 0),
      link_failures: intField(linkFailures),
      in_active_aggregator: lacp === undefined ? undefined : intField(aggregator === lacp.activeAggregator ? 1 : 0),
      churned: isChurned === undefined ? undefined : intField(isChurned ? 1 : 0),
    },
    at,
  }));
  return [{ measurement: "bond", tags: { bond }, fields: ofBond, at }, ...ofMembers];
}
