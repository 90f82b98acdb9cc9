import type { ElementId } from "../../core/element-id.ts";
import type { Change } from "../../topology/model/change.ts";
import { ByteReader, ByteWriter } from "./byte-columns.ts";
import { damaged, storedId } from "./cells.ts";
import { packed, readPacked } from "./packed.ts";
import type { Entry } from "./stored-changes.ts";

/**
 * A block is two blobs: the index, which says what is in it, and the bodies, which are read only when the index says so.
 * Both are columns of bytes (byte-columns.ts) in zstd (packed.ts), made so that a few changes can be picked without the others
 * becoming objects. The index: how many changes, parts and origins; how many changes each part has; then by change its kind,
 * origin, ordinal, revision, time, and how much later it was known; then renames as positions and ids; then parts,
 * origins and ids. The bodies: how many, and each as a line.
 */
export interface PackedBlock {
  readonly index: Uint8Array;
  readonly bodies: Uint8Array;
}

/** The index of a block, column by column; changes are in the order (part, at, revision, ordinal). */
export interface BlockIndex {
  readonly revisions: readonly number[];
  readonly ordinals: readonly number[];
  readonly ats: readonly number[];
  readonly knownAts: readonly number[];
  /** Where each part's changes lie. */
  readonly runs: readonly PartRun[];
  kindAt(position: number): Change["kind"];
  originAt(position: number): string;
  idAt(position: number): ElementId;
  renamedFromAt(position: number): string | undefined;
}

/** The changes of one part: `from <= position < to`. */
export interface PartRun {
  readonly part: string;
  readonly from: number;
  readonly to: number;
}

const KINDS = ["add", "update", "remove"] as const;

export function packBlock(entries: readonly Entry[]): PackedBlock {
  const parts = runsOf(entries);
  const origins = new Map([...new Set(entries.map(({ origin }) => origin))].map((origin, number) => [origin, number]));
  const renamed = [...entries.entries()].filter(([, { renamedFrom }]) => renamedFrom !== undefined);
  const index = new ByteWriter();
  index.wholes([entries.length, parts.length, origins.size, renamed.length]);
  index.wholes(parts.map(({ from, to }) => to - from));
  index.wholes(entries.map(({ kind }) => KINDS.indexOf(kind)));
  index.wholes(entries.map(({ origin }) => origins.get(origin) ?? 0));
  index.wholes(entries.map(({ ordinal }) => ordinal));
  index.differences(entries.map(({ revision }) => revision));
  index.differences(entries.map(({ at }) => at));
  for (const { at, knownAt } of entries) index.signed(knownAt - at);
  index.wholes(renamed.map(([position]) => position));
  index.texts(renamed.map(([, { renamedFrom = "" }]) => renamedFrom));
  index.texts(parts.map(({ part }) => part));
  index.texts([...origins.keys()]);
  index.lines(entries.map(({ id }) => id));
  const bodies = new ByteWriter();
  bodies.whole(entries.length);
  bodies.lines(entries.map(({ body }) => body));
  return { index: packed(index.finish()), bodies: packed(bodies.finish()) };
}

/** Errors: OperatorError `store.damaged`. */
export function unpackIndex(blob: Uint8Array): BlockIndex {
  return readPacked(blob, (content) => readIndex(new ByteReader(content)));
}

function readIndex(reader: ByteReader): BlockIndex {
  const [count, partCount, originCount, renameCount] = [reader.whole(), reader.whole(), reader.whole(), reader.whole()];
  const partChanges = reader.wholes(partCount);
  const kinds = reader.wholes(count);
  const originNumbers = reader.wholes(count);
  const ordinals = reader.wholes(count);
  const revisions = reader.differences(count);
  const ats = reader.differences(count);
  const knownAts = ats.map((at) => at + reader.signed());
  const renamed = reader.wholes(renameCount);
  const [renames, parts, origins] = [reader.texts(renameCount), reader.texts(partCount), reader.texts(originCount)];
  const ids = reader.lines(count);
  let end = 0;
  const runs = partChanges.map((changes, number): PartRun => {
    const from = end;
    end += changes;
    return { part: parts[number] ?? "", from, to: end };
  });
  return {
    revisions,
    ordinals,
    ats,
    knownAts,
    runs,
    kindAt: (position) => kindOf(kinds[position]),
    originAt: (position) => origins[originNumbers[position] ?? 0] ?? "",
    idAt: (position) => storedId(ids[position] ?? ""),
    renamedFromAt: (position) => renames[renamed.indexOf(position)],
  };
}

/** The bodies at these positions, which rise, in their order. Errors: OperatorError `store.damaged`. */
export function unpackBodies(blob: Uint8Array, positions: Iterable<number>): readonly string[] {
  return readPacked(blob, (content) => {
    const reader = new ByteReader(content);
    reader.whole();
    return reader.pickedLines(positions);
  });
}

/** One change of a block. */
export function entryAt(index: BlockIndex, body: string, part: string, position: number): Entry {
  return {
    part,
    revision: index.revisions[position] ?? 0,
    ordinal: index.ordinals[position] ?? 0,
    at: index.ats[position] ?? 0,
    knownAt: index.knownAts[position] ?? 0,
    origin: index.originAt(position),
    kind: index.kindAt(position),
    id: index.idAt(position),
    renamedFrom: index.renamedFromAt(position),
    body,
  };
}

function runsOf(entries: readonly Entry[]): readonly PartRun[] {
  const runs: { part: string; from: number; to: number }[] = [];
  for (const [position, { part }] of entries.entries()) {
    const last = runs.at(-1);
    if (last?.part === part) last.to = position + 1;
    else runs.push({ part, from: position, to: position + 1 });
  }
  return runs;
}

function kindOf(number: number | undefined): Change["kind"] {
  const kind = KINDS[number ?? -1];
  if (kind === undefined) throw damaged("kind of change", number);
  return kind;
}
