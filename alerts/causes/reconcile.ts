import type { EpochMs } from "../../core/clock.ts";
import type { Group } from "./correlate.ts";

/** What an incident was at the last look. */
export interface Held {
  readonly id: string;
  readonly key: string;
  readonly openedAt: EpochMs;
  readonly members: ReadonlySet<string>;
}

export interface Reconciled {
  /** The incident that goes on with each group; of those not named here a new one begins. */
  readonly goesOn: ReadonlyMap<string, Group>;
  readonly begins: readonly {
    readonly group: Group /** The incident it was a part of. */;
    readonly splitFrom: string | undefined;
  }[];
  /** Incidents that turned out to be part of another, which goes on or begins: by the key of its group. */
  readonly merges: readonly { readonly id: string; readonly intoKey: string }[];
  /** Incidents nothing of which is left. */
  readonly over: readonly string[];
}

/**
 * Which incidents go on with which groups, so that people keep the one they know. Laws: each group has one incident and each incident at
 * most one group; groups that stay as they are change nothing; of incidents that become one, that which already names the cause goes on,
 * else that with the most in common, else the oldest.
 */
export function reconcile(held: readonly Held[], groups: readonly Group[]): Reconciled {
  const claims = claimsOf(held, groups).sort(isStronger);
  const goesOn = new Map<string, Group>();
  const taken = new Map<Group, string>();
  for (const { incident, group } of claims) {
    if (goesOn.has(incident.id) || taken.has(group)) continue;
    goesOn.set(incident.id, group);
    taken.set(group, incident.id);
  }
  const begins = groups
    .filter((group) => !taken.has(group))
    .map((group) => ({ group, splitFrom: claims.find((claim) => claim.group === group)?.incident.id }));
  const ended = held.filter(({ id }) => !goesOn.has(id));
  const heirOf = (id: string) => claims.find((claim) => claim.incident.id === id)?.group.key;
  return {
    ...{ goesOn, begins },
    merges: ended.flatMap(({ id }) => {
      const intoKey = heirOf(id);
      return intoKey === undefined ? [] : [{ id, intoKey }];
    }),
    over: ended.map(({ id }) => id).filter((id) => heirOf(id) === undefined),
  };
}

interface Claim {
  readonly incident: Held;
  readonly group: Group;
  readonly common: number;
}

/** Every pair with anything in common. */
function claimsOf(held: readonly Held[], groups: readonly Group[]): Claim[] {
  const groupOf = new Map(groups.flatMap((group) => group.members.map((member) => [member, group] as const)));
  return held.flatMap((incident) => {
    const common = new Map<Group, number>();
    for (const member of incident.members) {
      const group = groupOf.get(member);
      if (group !== undefined) common.set(group, (common.get(group) ?? 0) + 1);
    }
    return [...common].map(([group, count]) => ({ incident, group, common: count }));
  });
}

function isStronger(a: Claim, b: Claim): number {
  const named = ({ incident, group }: Claim) => (incident.key === group.key ? 0 : 1);
  return (
    named(a) - named(b) ||
    b.common - a.common ||
    a.incident.openedAt - b.incident.openedAt ||
    (a.incident.id < b.incident.id ? -1 : a.incident.id > b.incident.id ? 1 : a.group.key < b.group.key ? -1 : 1)
  );
}
