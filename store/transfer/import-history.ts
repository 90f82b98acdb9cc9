import type { Element } from "../../core/element.ts";
import { OperatorError } from "../../core/errors.ts";
import { LiveGraph } from "../../topology/live-graph.ts";
import { type Change, changedId } from "../../topology/model/change.ts";
import type { CountDelta } from "../../topology/model/place-counts.ts";
import type { Revision } from "../../topology/model/revision.ts";
import { PlaceTally } from "../../topology/place-counts.ts";
import type { TopologyStore } from "../topology-store.ts";
import { type ExportEnd, type ExportHead, type ExportLine, parseExportLine } from "./export-line.ts";

const CHUNK = 1_000;

/** Gives a text's lines, from the first one each time. Called when they are read, not before: a file is open no longer. */
type Opening = () => AsyncIterable<string>;

/**
 * Takes an export into a cluster of its own, whole or not at all. `open` gives the text's lines, from the first one each
 * time: they are read twice, once to see that all of them are sound. Errors: OperatorError `import.malformed` (400, with
 * the line), `import.cut_off` (400), `topology.cluster_exists` (409).
 */
export async function importHistory(
  store: TopologyStore,
  cluster: string,
  open: Opening,
): Promise<ExportHead & ExportEnd> {
  const { head, end, counts } = await examined(open);
  const graph = new LiveGraph();
  const tally = new PlaceTally();
  const base = { at: head.from, revision: head.revision, knownAt: head.exportedAt, counts };
  await store.importHistory(cluster, {
    base: { ...base, elements: chunked(elementsOf(open, graph, tally)) },
    revisions: chunked(revisionsOf(open, { cluster, graph, tally })),
  });
  for await (const { line } of linesOf(open)) {
    if (line.kind === "snapshot") await store.addSnapshot({ ...line.snapshot, cluster });
  }
  return { ...head, ...end };
}

interface Examined {
  readonly head: ExportHead;
  readonly end: ExportEnd;
  /** Of the state the export begins with. */
  readonly counts: readonly CountDelta[];
}

async function examined(open: Opening): Promise<Examined> {
  let head: ExportHead | undefined;
  let end: ExportEnd | undefined;
  const found = { elements: 0, revisions: 0, snapshots: 0 };
  const tally = new PlaceTally();
  for await (const { line, number } of linesOf(open)) {
    const isInPlace = end === undefined && (head === undefined) === (line.kind === "head");
    if (!isInPlace) throw malformed(number, "is not in its place");
    switch (line.kind) {
      case "head":
        head = line.head;
        break;
      case "element":
        found.elements++;
        tally.load([line.element]);
        break;
      case "revision":
        found.revisions++;
        break;
      case "snapshot":
        found.snapshots++;
        break;
      case "end":
        end = line.end;
    }
  }
  if (head === undefined || end === undefined) throw cutOff();
  const { elements, revisions, snapshots } = end;
  if (elements !== found.elements || revisions !== found.revisions || snapshots !== found.snapshots) throw cutOff();
  return { head, end, counts: deltasOf(tally) };
}

function deltasOf(tally: PlaceTally): readonly CountDelta[] {
  return [...tally.counts()].flatMap(([place, counters]) =>
    Object.entries(counters).map(([counter, delta]) => ({ place, counter, delta })),
  );
}

async function* linesOf(open: Opening): AsyncIterable<{ readonly line: ExportLine; readonly number: number }> {
  let number = 0;
  for await (const text of open()) {
    number++;
    if (text === "") continue;
    const line = parseExportLine(text);
    if (line === undefined) throw malformed(number, "is not a line of a topology export this version knows");
    yield { line, number };
  }
}

async function* elementsOf(open: Opening, graph: LiveGraph, tally: PlaceTally): AsyncIterable<Element> {
  for await (const { line } of linesOf(open)) {
    if (line.kind === "revision") return;
    if (line.kind !== "element") continue;
    graph.load([line.element]);
    tally.load([line.element]);
    yield line.element;
  }
}

interface Replay {
  readonly cluster: string;
  readonly graph: LiveGraph;
  readonly tally: PlaceTally;
}

/** An export has no counts: they follow from the states, which the replay knows. */
async function* revisionsOf(open: Opening, { cluster, graph, tally }: Replay): AsyncIterable<Revision> {
  for await (const { line } of linesOf(open)) {
    if (line.kind !== "revision") continue;
    const counts = tally.count(line.revision.changes.map((change) => applied(graph, change)));
    tally.keep();
    yield { ...line.revision, cluster, counts };
  }
}

function applied(graph: LiveGraph, change: Change): readonly [Element | undefined, Element | undefined] {
  const id = changedId(change);
  const before = graph.get(id);
  graph.apply([change]);
  return [before, graph.get(id)];
}

async function* chunked<T>(items: AsyncIterable<T>): AsyncIterable<readonly T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function malformed(line: number, problem: string): OperatorError {
  return new OperatorError({
    code: "import.malformed",
    message: `line ${line} ${problem}`,
    hint: "give a file as `nephoscope topology export` wrote it, unchanged",
    status: 400,
  });
}

function cutOff(): OperatorError {
  return new OperatorError({
    code: "import.cut_off",
    message: "the export does not end as it should: lines are missing",
    hint: "copy the file again, or export again",
    status: 400,
  });
}
