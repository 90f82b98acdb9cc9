import { isRecord } from "../../core/json.ts";
import type { Change } from "../../topology/model/change.ts";
import { damaged } from "./cells.ts";
import { differences, numbers, sums, texts } from "./json-columns.ts";
import { packed, unpacked } from "./packed.ts";

// What a segment tells without its blocks being read; each is JSON of columns in zstd (packed.ts).

export interface RevisionTimes {
  readonly revision: number;
  readonly at: number;
  readonly knownAt: number;
}

/** Rising by revision. */
export function packRevisions(revisions: readonly RevisionTimes[]): Uint8Array {
  return packed(
    JSON.stringify({
      revisions: differences(revisions.map(({ revision }) => revision)),
      ats: differences(revisions.map(({ at }) => at)),
      delays: revisions.map(({ at, knownAt }) => knownAt - at),
    }),
  );
}

export function unpackRevisions(blob: Uint8Array): readonly RevisionTimes[] {
  const json = recordIn(blob);
  const [ats, delays] = [sums(numbers(json.ats)), numbers(json.delays)];
  return sums(numbers(json.revisions)).map((revision, position) => {
    const at = ats[position] ?? 0;
    return { revision, at, knownAt: at + (delays[position] ?? 0) };
  });
}

/** How many changes each part has. */
export function packPartCounts(counts: ReadonlyMap<string, number>): Uint8Array {
  return packed(JSON.stringify({ parts: [...counts.keys()], counts: [...counts.values()] }));
}

export function unpackPartCounts(blob: Uint8Array): ReadonlyMap<string, number> {
  const json = recordIn(blob);
  const counts = numbers(json.counts);
  return new Map(texts(json.parts).map((part, position) => [part, counts[position] ?? 0]));
}

export const MINUTE_MS = 60_000;

export type KindCounts = { readonly [kind in Change["kind"]]: number };

/** By the minute's number since the epoch. */
export function packMinutes(minutes: ReadonlyMap<number, KindCounts>): Uint8Array {
  const sorted = [...minutes].sort(([left], [right]) => left - right);
  return packed(
    JSON.stringify({
      minutes: differences(sorted.map(([minute]) => minute)),
      add: sorted.map(([, counts]) => counts.add),
      update: sorted.map(([, counts]) => counts.update),
      remove: sorted.map(([, counts]) => counts.remove),
    }),
  );
}

export function unpackMinutes(blob: Uint8Array): ReadonlyMap<number, KindCounts> {
  const json = recordIn(blob);
  const [add, update, remove] = [numbers(json.add), numbers(json.update), numbers(json.remove)];
  return new Map(
    sums(numbers(json.minutes)).map((minute, position) => [
      minute,
      { add: add[position] ?? 0, update: update[position] ?? 0, remove: remove[position] ?? 0 },
    ]),
  );
}

function recordIn(blob: Uint8Array): Record<string, unknown> {
  const json: unknown = JSON.parse(unpacked(blob));
  if (!isRecord(json)) throw damaged("summary of a segment", json);
  return json;
}
