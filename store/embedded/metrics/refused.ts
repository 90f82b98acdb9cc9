/** Samples that were not taken, by why. */
export interface RefusedSamples {
  readonly tooManySeries: number;
  readonly tooOld: number;
  readonly tooNew: number;
}

export const NONE_REFUSED: RefusedSamples = { tooManySeries: 0, tooOld: 0, tooNew: 0 };

export function sumOf(left: RefusedSamples, right: RefusedSamples): RefusedSamples {
  return {
    tooManySeries: left.tooManySeries + right.tooManySeries,
    tooOld: left.tooOld + right.tooOld,
    tooNew: left.tooNew + right.tooNew,
  };
}

export function countOf({ tooManySeries, tooOld, tooNew }: RefusedSamples): number {
  return tooManySeries + tooOld + tooNew;
}

export function reasonOf(refused: RefusedSamples, limits: { series: number; retentionHours: number }): string {
  const reasons = [
    refused.tooManySeries > 0 && `${refused.tooManySeries} of new series above the limit of ${limits.series}`,
    refused.tooOld > 0 && `${refused.tooOld} older than ${limits.retentionHours} h`,
    refused.tooNew > 0 && `${refused.tooNew} more than an hour ahead of the clock`,
  ];
  return reasons.filter((reason) => reason !== false).join(", ");
}
