import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { elementIdOf, hostId, interfaceId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import type { AsOf, ChangePage, ChangeQuery, TopologyPart, TopologyStore } from "../../store/topology-store.ts";
import { changedId } from "../../topology/model/change.ts";
import type { Revision } from "../../topology/model/revision.ts";
import { collected } from "../../topology/model/topology.ts";
import { MACS } from "./topology-history.ts";

const PARTS: readonly (TopologyPart | undefined)[] = [
  undefined,
  { hosts: ["a", "c"] },
  { root: hostId("b") },
  { root: elementIdOf("host") },
  { element: interfaceId("a", undefined, "e1") },
];

/** Everything a store can be asked about a history, as plain values that can be compared; refusals by their code. */
export async function answersOf(
  store: TopologyStore,
  cluster: string,
  revisions: readonly Revision[],
): Promise<Readonly<Record<string, unknown>>> {
  const answers: Record<string, unknown> = {};
  const tell = async (question: string, ask: () => Promise<unknown>) => {
    answers[question] = await ask().catch((error: unknown) => {
      if (error instanceof OperatorError) return { refused: error.code };
      throw error;
    });
  };
  await tell("last revision", () => store.lastRevision(cluster));
  await tell("clusters", async () => (await store.clusters()).includes(cluster));
  await tell("begin", () => store.beginsAt(cluster));
  await tell("latest", async () => sorted(await collected(store.latest(cluster))));
  await tell("last times", async () => sorted(await store.lastAtByOrigin(cluster)));
  await tell("snapshots", () => store.snapshots(cluster));
  await tell("past identifiers", async () => {
    const found = await store.pastIdentifiers({ cluster, tokens: MACS, limit: 100 });
    return found.map((one) => [`${one.token} ${one.id}`, one] as const).toSorted(byKey);
  });
  for (const { revision } of revisions) {
    await tell(`time of ${revision}`, () => store.revisionAt(cluster, revision));
  }
  for (const moment of momentsOf(revisions)) await tellMoment(tell, store, cluster, moment);
  for (const [from, to] of spansOf(revisions)) await tellSpan(tell, store, cluster, { from, to });
  return answers;
}

type Tell = (question: string, ask: () => Promise<unknown>) => Promise<void>;

async function tellMoment(tell: Tell, store: TopologyStore, cluster: string, moment: AsOf): Promise<void> {
  const at = JSON.stringify(moment);
  await tell(`counts at ${at}`, async () => sorted(await store.countsAt(cluster, moment)));
  if (moment.knownAt === undefined) {
    await tell(`last revision by ${at}`, () => store.lastRevisionBy(cluster, moment.at));
  }
  for (const part of PARTS) {
    await tell(`state at ${at} of ${JSON.stringify(part)}`, async () =>
      sorted(await collected(store.stateAt(cluster, moment, part))),
    );
  }
  await tell(`moment ${at}`, async () => {
    const { elements, ...rest } = await store.momentAt(cluster, moment);
    return { ...rest, elements: sorted(await collected(elements)) };
  });
}

interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

async function tellSpan(tell: Tell, store: TopologyStore, cluster: string, span: Span): Promise<void> {
  const said = JSON.stringify(span);
  for (const part of PARTS) {
    await tell(`net changes of ${said} in ${JSON.stringify(part)}`, async () => {
      const changes = await store.netChanges({ cluster, ...span, part, limit: 1_000 });
      return Map.groupBy(changes, changedId).entries().toArray().toSorted(byKey);
    });
  }
  await tell(`too many changes of ${said}`, () =>
    store.netChanges({ cluster, ...span, limit: 1 }).then((c) => c.length),
  );
  for (const newestFirst of [false, true]) {
    await tell(`log of ${said}, newest first ${newestFirst}`, () =>
      allPages(store, { cluster, ...span, limit: 3, newestFirst }),
    );
    await tell(`log of one host of ${said}, newest first ${newestFirst}`, () =>
      allPages(store, { cluster, ...span, limit: 4, newestFirst, root: hostId("b") }),
    );
  }
  await tell(`log of one element of ${said}`, () =>
    allPages(store, { cluster, ...span, limit: 2, element: interfaceId("a", undefined, "e1") }),
  );
  await tell(`density of ${said}`, () => store.density({ cluster, ...span, buckets: 7 }));
  await tell(`density of one host of ${said}`, () =>
    store.density({ cluster, ...span, buckets: 3, root: hostId("b") }),
  );
}

async function allPages(store: TopologyStore, query: ChangeQuery): Promise<readonly unknown[]> {
  const pages: ChangePage[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.changes({ ...query, ...(after === undefined ? {} : { after }) });
    pages.push(page);
    after = page.next;
    if (after === undefined) return pages.map(({ changes }) => changes);
  }
}

/** Moments at which something happens and just before, every other one as known in the middle. */
function momentsOf(revisions: readonly Revision[]): readonly AsOf[] {
  const times = [...new Set(revisions.flatMap(({ at }) => [at - 1, at]))].sort((a, b) => a - b).filter(isPicked);
  const knownAt = revisions[Math.floor(revisions.length / 2)]?.knownAt;
  return times.map((at, index) => ({ at: epochMsOf(at), ...(index % 2 === 0 ? {} : { knownAt }) }));
}

/** Every question takes a few milliseconds in each store, and there are many. */
function isPicked(_: unknown, index: number): boolean {
  return index % 6 === 0;
}

function spansOf(revisions: readonly Revision[]): readonly (readonly [EpochMs, EpochMs])[] {
  const times = revisions.map(({ at }) => at).toSorted((a, b) => a - b);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const third = Math.ceil((last - first) / 3);
  const spans = [
    [first - 1, last],
    [first, last - 1],
    [first + third, last - third],
    [last, last],
  ] as const;
  return spans.filter(([from, to]) => from <= to).map(([from, to]) => [epochMsOf(from), epochMsOf(to)]);
}

function sorted<K extends string, V>(map: ReadonlyMap<K, V>): readonly (readonly [K, V])[] {
  return [...map].sort(byKey);
}

function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : Number(left > right);
}
