import { sectionsOf } from "./datapath-text.ts";

/** One interface of a bond, as the switch uses it. Versions before 2.17 say `slave` where later ones say `member`. */
export interface BondMember {
  readonly bond: string;
  readonly member: string;
  /** Traffic may go through it. */
  readonly isEnabled: boolean;
  /** The one that takes what is not spread. */
  readonly isActive: boolean;
  /** Its LACP partner answers; undefined without LACP. */
  readonly isLacpCurrent: boolean | undefined;
}

const BOND = /^---- (.+) ----\s*$/;

/** Members of all bonds, from `bond/show` and `lacp/show`. */
export function parseBonds(bondShow: string, lacpShow: string): readonly BondMember[] {
  const current = lacpStates(lacpShow);
  return sectionsOf(bondShow, BOND).flatMap(({ heading, body }) => {
    const members: BondMember[] = [];
    for (const line of body) {
      const [, member, state] = /^(?:member|slave) (.+): (enabled|disabled)/.exec(line) ?? [];
      if (member !== undefined) {
        const isLacpCurrent = current.get(`${heading} ${member}`);
        members.push({ bond: heading, member, isEnabled: state === "enabled", isActive: false, isLacpCurrent });
      }
      const last = members.at(-1);
      if (last !== undefined && /^active (?:member|slave)$/.test(line))
        members.splice(-1, 1, { ...last, isActive: true });
    }
    return members;
  });
}

/** By bond and member; `current`, `expired` and `defaulted` are the receive states of IEEE 802.1AX. */
function lacpStates(lacpShow: string): ReadonlyMap<string, boolean> {
  const states = new Map<string, boolean>();
  for (const { heading, body } of sectionsOf(lacpShow, BOND)) {
    for (const line of body) {
      const [, member, state] = /^(?:member|slave): (.+): (\w+)/.exec(line) ?? [];
      if (member !== undefined) states.set(`${heading} ${member}`, state === "current");
    }
  }
  return states;
}
