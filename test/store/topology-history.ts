import fc from "fast-check";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { type ElementId, elementIdOf, interfaceId } from "../../core/element-id.ts";
import { identifiersOf } from "../../topology/identifiers.ts";
import { apply, applyToElement, type Change, changedId, diffElement } from "../../topology/model/change.ts";
import type { CountDelta } from "../../topology/model/place-counts.ts";
import type { RecordedChange, Revision } from "../../topology/model/revision.ts";
import { EMPTY_TOPOLOGY, type Topology } from "../../topology/model/topology.ts";
import { nic } from "../topology/arbitrary.ts";

/** Makes revisions of one cluster as a recorder would: each owner's times never go back, but owners lag each other. */
export class HistoryBuilder {
  readonly revisions: Revision[] = [];
  readonly #cluster: string;
  readonly #state = new Map<ElementId, Element>();

  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  /** Undefined for `after` removes; a put that changes nothing makes no revision. */
  put(host: string, at: number, puts: readonly (readonly [ElementId, Element | undefined])[]): Revision | undefined {
    const changes: Change[] = [];
    for (const [id, after] of puts) {
      changes.push(...diffElement(this.#state.get(id), after));
      if (after === undefined) this.#state.delete(id);
      else this.#state.set(id, after);
    }
    if (changes.length === 0) return undefined;
    const revision: Revision = {
      revision: this.revisions.length + 1,
      at: epochMsOf(at),
      knownAt: epochMsOf(1_000_000 + this.revisions.length),
      cluster: this.#cluster,
      origin: `agent/${host}`,
      changes,
      counts: deltasOf(host, changes),
    };
    this.revisions.push(revision);
    return revision;
  }
}

/** Each host's interfaces are counted in a rack of its own. */
function deltasOf(host: string, changes: readonly Change[]): readonly CountDelta[] {
  const place = elementIdOf("region", "r", "zone", "z", "rack", host);
  const delta = changes.reduce((sum, { kind }) => sum + (kind === "add" ? 1 : kind === "remove" ? -1 : 0), 0);
  return delta === 0 ? [] : [{ place, counter: "nic", delta }];
}

/** Counters that are not 0, by place. */
export function naiveCounts(revisions: readonly Revision[], at: number, knownBy = Number.POSITIVE_INFINITY) {
  const sums = new Map<ElementId, number>();
  for (const revision of revisions) {
    if (revision.at > at || revision.knownAt > knownBy) continue;
    for (const { place, delta } of revision.counts ?? []) sums.set(place, (sums.get(place) ?? 0) + delta);
  }
  return new Map([...sums].filter(([, sum]) => sum !== 0).map(([place, nic]) => [place, { nic }]));
}

/** When each element that had a token and has it no more lost it last: `<id> <until>`. */
export function naiveLosses(revisions: readonly Revision[], token: string): readonly string[] {
  const state = new Map<ElementId, Element | undefined>();
  const losses = new Map<ElementId, number>();
  const has = (id: ElementId) => {
    const element = state.get(id);
    return element !== undefined && identifiersOf(element).includes(token);
  };
  for (const { change, at } of naiveLog(revisions)) {
    const id = changedId(change);
    const had = has(id);
    state.set(id, applyToElement(state.get(id), change));
    if (had && !has(id)) losses.set(id, at);
  }
  return [...losses].filter(([id]) => !has(id)).map(([id, until]) => `${id} ${until}`);
}

/** The slow, obvious answer: all changes known, sorted by when they happened, applied one by one. */
export function naiveStateAt(
  revisions: readonly Revision[],
  at: EpochMs | undefined,
  knownBy = Number.POSITIVE_INFINITY,
): Topology {
  const changes = naiveLog(revisions).filter(
    (recorded) => (at === undefined || recorded.at <= at) && recorded.knownAt <= knownBy,
  );
  return apply(
    EMPTY_TOPOLOGY,
    changes.map(({ change }) => change),
  );
}

export function naiveLog(revisions: readonly Revision[]): readonly RecordedChange[] {
  return revisions
    .flatMap(({ changes, counts: _counts, ...revision }) =>
      changes.map((change, ordinal) => ({ ...revision, ordinal, change })),
    )
    .sort((left, right) => left.at - right.at || left.revision - right.revision || left.ordinal - right.ordinal);
}

const HOSTS = ["a", "b", "c"] as const;
export const MACS = ["fa:16:3e:00:00:01", "fa:16:3e:00:00:02"] as const;

/** Histories in which host `b` is told late and host `c` later still. Times lie in 1,000 … 2,000. */
export const historyArbitrary: fc.Arbitrary<readonly Revision[]> = fc
  .array(
    fc.record({
      host: fc.integer({ min: 0, max: 2 }),
      stepMs: fc.integer({ min: 0, max: 8 }),
      puts: fc.array(
        fc.record({
          ifname: fc.constantFrom("e0", "e1", "e2"),
          mtu: fc.constantFrom(undefined, 1500, 9000),
          mac: fc.constantFrom(...MACS),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    { maxLength: 40, size: "max" },
  )
  .map((steps) => {
    const builder = new HistoryBuilder("c");
    const clocks = [1_200, 1_100, 1_000];
    for (const { host, stepMs, puts } of steps) {
      const name = HOSTS[host] ?? "a";
      const at = (clocks[host] ?? 0) + stepMs;
      clocks[host] = at;
      builder.put(
        name,
        at,
        puts.map(({ ifname, mtu, mac }) => [
          interfaceId(name, undefined, ifname),
          mtu === undefined ? undefined : nic(name, ifname, { mtu, mac }),
        ]),
      );
    }
    return builder.revisions;
  });
