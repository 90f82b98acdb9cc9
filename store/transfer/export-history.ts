import { type EpochMs, toRfc3339 } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Change } from "../../topology/model/change.ts";
import type { RecordedChange } from "../../topology/model/revision.ts";
import type { TopologyPart, TopologyStore } from "../topology-store.ts";
import type { ExportEnd, ExportedRevision, ExportLine } from "./export-line.ts";

export interface ExportSpan {
  readonly cluster: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly part?: Pick<TopologyPart, "root" | "hosts"> | undefined;
}

const PAGE = 2_000;

/**
 * The lines of an export: the state at `from` and what happened until `to`. What is learned of that time while the export
 * runs may or may not be in it. Errors: `topology.forgotten` (410), in the midst of it too: then the last line, `end`, is missing.
 */
export async function* exportHistory(
  store: TopologyStore,
  span: ExportSpan,
  exportedAt: EpochMs,
): AsyncIterable<ExportLine> {
  const { cluster, from, to, part } = span;
  const base = await store.momentAt(cluster, { at: from }, part);
  yield { kind: "head", head: { cluster, from, to, revision: base.revision, exportedAt } };
  const end: { -readonly [count in keyof ExportEnd]: number } = { elements: 0, revisions: 0, snapshots: 0 };
  for await (const elements of base.elements) {
    end.elements += elements.length;
    for (const element of elements) yield { kind: "element", element };
  }
  // A state that was written down for a snapshot: what happened between it and the begin of the history is not told any more.
  if (end.elements > 0 && isAfter(base.beginsAt, from)) throw cutShort(span);
  for await (const revision of revisionsOf(store, span)) {
    end.revisions++;
    yield { kind: "revision", revision };
  }
  for (const { cluster: _, ...snapshot } of await store.snapshots(cluster)) {
    if (snapshot.at < from || snapshot.at > to) continue;
    end.snapshots++;
    yield { kind: "snapshot", snapshot };
  }
  const beginsNow = await store.beginsAt(cluster);
  if (isAfter(beginsNow, from) && isAfter(beginsNow, base.beginsAt)) throw cutShort(span);
  yield { kind: "end", end };
}

function isAfter(one: EpochMs | undefined, other: EpochMs | undefined): boolean {
  return one !== undefined && other !== undefined && one > other;
}

function cutShort({ cluster, from }: ExportSpan): OperatorError {
  return new OperatorError({
    code: "topology.forgotten",
    message: `the history of cluster ${cluster} after ${toRfc3339(from)} is not whole any more: retention has dropped its beginning`,
    hint: "export a span that begins later; how long history is kept is set by its retention",
    status: 410,
  });
}

/** The change log put together into revisions again: changes of one revision follow each other in it. */
async function* revisionsOf(store: TopologyStore, span: ExportSpan): AsyncIterable<ExportedRevision> {
  let open: { readonly first: RecordedChange; readonly changes: Change[] } | undefined;
  for await (const recorded of logOf(store, span)) {
    if (open?.first.revision !== recorded.revision) {
      if (open !== undefined) yield exported(open);
      open = { first: recorded, changes: [] };
    }
    open.changes.push(recorded.change);
  }
  if (open !== undefined) yield exported(open);
}

async function* logOf(store: TopologyStore, { cluster, from, to, part }: ExportSpan): AsyncIterable<RecordedChange> {
  let after: string | undefined;
  do {
    const page = await store.changes({ cluster, from, to, root: part?.root, after, limit: PAGE });
    yield* page.changes;
    after = page.next;
  } while (after !== undefined);
}

function exported({ first, changes }: { first: RecordedChange; changes: readonly Change[] }): ExportedRevision {
  const { revision, at, knownAt, origin } = first;
  return { revision, at, knownAt, origin, changes };
}
