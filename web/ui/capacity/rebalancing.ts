import { type CapacityPeaksResponse, HOURS_PER_WEEK } from "../../api/capacity.ts";

type HostPeaks = CapacityPeaksResponse["hosts"][number];

/** What a host's processors do in the week, and with whom it might share. Shares are of all processors, 0 to 1. */
export interface Standing {
  readonly peaks: HostPeaks;
  /** Its busiest hour of the week, and how busy it is then; undefined without readings. */
  readonly peak: { readonly hour: number; readonly value: number } | undefined;
  /** Names of other hosts of its cluster that are busy when it is. */
  readonly together: readonly string[];
  /** The host that takes most off its peak, were the load of both evened out; undefined where none takes a tenth of it. */
  readonly partner: Partner | undefined;
}

export interface Partner {
  readonly host: string;
  /** How busy it is at the hour of the other's peak. */
  readonly thenBusy: number;
  /** What both would be at most. */
  readonly evenedPeak: number;
}

/** Hours that count as busy: the fullest tenth of the week. */
const BUSY_HOURS = Math.round(HOURS_PER_WEEK / 10);
/** Hosts with so many of these in common are busy together; by chance it is a tenth. */
const TOGETHER_SHARE = 0.5;
/** Hosts that are never busier need not be moved for, and have no peak worth the name. */
const WORTHWHILE_PEAK = 0.3;
const WORTHWHILE_GAIN = 0.1;

/** The busiest first. Hosts are taken to be of one size: the API does not tell it. */
export function standingsOf(hosts: readonly HostPeaks[]): readonly Standing[] {
  const busy = new Map(hosts.map((host) => [host, busyHours(host)]));
  return hosts
    .map((peaks): Standing => {
      const others = hosts.filter((other) => other !== peaks && other.cluster === peaks.cluster);
      const peak = peaks.cpu.busiest[0];
      const isBusy = peak !== undefined && peak.value >= WORTHWHILE_PEAK;
      const together = others.filter((other) => common(busy.get(peaks), busy.get(other)) >= TOGETHER_SHARE);
      return {
        peaks,
        peak,
        together: together.map(({ host }) => host),
        partner: isBusy ? partnerOf(peaks, peak, others) : undefined,
      };
    })
    .toSorted((a, b) => (b.peak?.value ?? -1) - (a.peak?.value ?? -1));
}

function partnerOf(
  { cpu }: HostPeaks,
  peak: NonNullable<Standing["peak"]>,
  others: readonly HostPeaks[],
): Partner | undefined {
  const [best] = others
    .map((other) => ({
      host: other.host,
      thenBusy: other.cpu.p95[peak.hour] ?? 0,
      evenedPeak: evenedPeak(cpu.p95, other.cpu.p95),
      ownPeak: other.cpu.busiest[0]?.value ?? 0,
    }))
    // Whoever takes it over must not be worse off than the other was.
    .filter(({ ownPeak }) => ownPeak <= peak.value)
    .toSorted((a, b) => a.evenedPeak - b.evenedPeak);
  if (best === undefined || best.evenedPeak > peak.value * (1 - WORTHWHILE_GAIN)) return undefined;
  const { host, thenBusy, evenedPeak: evened } = best;
  return { host, thenBusy, evenedPeak: evened };
}

/** The largest mean of both over the hours that both have readings of. */
function evenedPeak(one: HostPeaks["cpu"]["p95"], other: HostPeaks["cpu"]["p95"]): number {
  let most = 0;
  let known = 0;
  for (const [hour, own] of one.entries()) {
    const theirs = other[hour];
    if (own === null || theirs === null || theirs === undefined) continue;
    known += 1;
    most = Math.max(most, (own + theirs) / 2);
  }
  return known === 0 ? Number.POSITIVE_INFINITY : most;
}

/** Its fullest hours, as long as they are worth the name. */
function busyHours({ cpu }: HostPeaks): ReadonlySet<number> {
  const hours = [...cpu.p95.entries()].flatMap(([hour, value]) =>
    value !== null && value >= WORTHWHILE_PEAK ? [{ hour, value }] : [],
  );
  const fullest = hours.toSorted((a, b) => b.value - a.value).slice(0, BUSY_HOURS);
  return new Set(fullest.map(({ hour }) => hour));
}

function common(one: ReadonlySet<number> | undefined, other: ReadonlySet<number> | undefined): number {
  if (one === undefined || other === undefined || one.size === 0 || other.size === 0) return 0;
  return [...one].filter((hour) => other.has(hour)).length / Math.min(one.size, other.size);
}

/** For each hour of the day what is the most of its days, for a line of 24 cells. */
export function dayProfile(p95: HostPeaks["cpu"]["p95"]): readonly (number | null)[] {
  return Array.from({ length: 24 }, (_, hour) => {
    const known = p95.filter((value, at): value is number => at % 24 === hour && value !== null);
    return known.length === 0 ? null : Math.max(...known);
  });
}
