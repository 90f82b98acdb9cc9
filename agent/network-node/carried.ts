/** What went in and out of something. */
export interface Traffic {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly txBytes: number;
  readonly txPackets: number;
}

/** Counters of devices as they were read, by a name that is theirs on this host. */
export type Counters = ReadonlyMap<string, Traffic>;

/** What has been carried since somebody began to count, and what the counters were then. */
export interface Carried extends Traffic {
  readonly counters: Counters;
}

/**
 * Counts on from one reading to the next, from 0 when the agent starts. What a device counted before it was first seen is left out: nobody knows
 * when that was. Of one that was made anew (its counters went back) all is new; one that is gone takes nothing back. So neither
 * a restart of the agent nor a router that comes or goes ever looks like traffic.
 */
export function carriedOn(before: Carried | undefined, counters: Counters): Carried {
  const sum = { rxBytes: 0, rxPackets: 0, txBytes: 0, txPackets: 0 };
  if (before === undefined) return { ...sum, counters };
  for (const field of FIELDS) sum[field] = before[field];
  for (const [name, now] of counters) {
    const was = before.counters.get(name);
    if (was === undefined) continue;
    const isSame = FIELDS.every((field) => now[field] >= was[field]);
    for (const field of FIELDS) sum[field] += now[field] - (isSame ? was[field] : 0);
  }
  return { ...sum, counters };
}

const FIELDS = ["rxBytes", "rxPackets", "txBytes", "txPackets"] as const;

/** The devices of one /proc/net/dev that are wanted, each called `<prefix><device>`. */
export function countersOf(netDev: string, prefix: string, isWanted: (device: string) => boolean): Counters {
  const counters = new Map<string, Traffic>();
  for (const line of netDev.split("\n")) {
    const colon = line.lastIndexOf(":");
    const device = line.slice(0, colon).trim();
    if (colon < 0 || !isWanted(device)) continue;
    const v = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    const [rxBytes = 0, rxPackets = 0, txBytes = 0, txPackets = 0] = [v[0], v[1], v[8], v[9]];
    counters.set(prefix + device, { rxBytes, rxPackets, txBytes, txPackets });
  }
  return counters;
}
