import fc from "fast-check";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { type ElementId, interfaceId } from "../../core/element-id.ts";
import { apply, type Change, diffElement } from "../../topology/model/change.ts";
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
    };
    this.revisions.push(revision);
    return revision;
  }
}

/** The slow, obvious answer: all changes known, sorted by when they happened, applied one by one. */
export function naiveStateAt(revisions: readonly Revision[], at: EpochMs | undefined): Topology {
  const changes = naiveLog(revisions).filter((recorded) => at === undefined || recorded.at <= at);
  return apply(
    EMPTY_TOPOLOGY,
    changes.map(({ change }) => change),
  );
}

export function naiveLog(revisions: readonly Revision[]): readonly RecordedChange[] {
  return revisions
    .flatMap(({ changes, ...revision }) => changes.map((change, ordinal) => ({ ...revision, ordinal, change })))
    .sort((left, right) => left.at - right.at || left.revision - right.revision || left.ordinal - right.ordinal);
}

const HOSTS = ["a", "b", "c"] as const;

/** Histories in which host `b` is told late and host `c` later still. Times lie in 1,000 … 2,000. */
export const historyArbitrary: fc.Arbitrary<readonly Revision[]> = fc
  .array(
    fc.record({
      host: fc.integer({ min: 0, max: 2 }),
      stepMs: fc.integer({ min: 0, max: 8 }),
      puts: fc.array(
        fc.record({ ifname: fc.constantFrom("e0", "e1", "e2"), mtu: fc.constantFrom(undefined, 1500, 9000) }),
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
        puts.map(({ ifname, mtu }) => [
          interfaceId(name, undefined, ifname),
          mtu === undefined ? undefined : nic(name, ifname, { mtu }),
        ]),
      );
    }
    return builder.revisions;
  });
