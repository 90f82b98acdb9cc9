import { setImmediate } from "node:timers/promises";
import type { Element } from "../../core/element.ts";
import type { SqlDatabase, SqlWriter } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { numberCell } from "./cells.ts";
import { type Keyframe, keyframeRow, packElements } from "./keyframes.ts";
import { partOf } from "./part.ts";
import { slicesOf } from "./slices.ts";
import { type PartsState, readParts } from "./state-reader.ts";
import { KEYFRAME_DATA, KEYFRAMES } from "./tables.ts";

export interface KeyframeTask {
  readonly cluster: string;
  /** Keyframes tell what is known at this revision; all of it is sealed. */
  readonly revision: number;
  /** Parts with about how many elements each has. */
  readonly parts: ReadonlyMap<string, number>;
}

/** A keyframe before it has a body. */
interface Draft {
  readonly keyframe: Omit<Keyframe, "body">;
  readonly data: Uint8Array | undefined;
  /** Of the keyframe before, when nothing has changed. */
  readonly body: number;
}

/** Parts whose state is packed in one turn of the event loop. */
const PARTS_PER_TURN = 8;

/** Writes keyframes a slice at a time, and hands them out. What is not written when it fails is due again later. */
export async function* writeKeyframes(
  database: SqlDatabase,
  { cluster, revision, parts }: KeyframeTask,
): AsyncIterable<readonly Keyframe[]> {
  for (const slice of slicesOf(parts, false)) {
    const state = await database.read("background", (reader) =>
      readParts(reader, { cluster, upToRevision: revision }, slice),
    );
    const drafts = await drafted(state, slice.parts, revision);
    yield await database.write("background", (writer) => written(writer, cluster, drafts));
  }
}

/** Says of parts that have not changed that their keyframe still holds at `revision`. */
export async function renewKeyframes(
  database: SqlDatabase,
  { cluster, revision }: { readonly cluster: string; readonly revision: number },
  keyframes: readonly Keyframe[],
): Promise<readonly Keyframe[]> {
  const renewed = keyframes.map((keyframe) => ({ ...keyframe, revision }));
  if (renewed.length === 0) return renewed;
  await database.write("background", (writer) => writer.append(KEYFRAMES, renewed.values().map(keyframeRow(cluster))));
  return renewed;
}

async function drafted({ elements, keyframes, changed }: PartsState, parts: readonly string[], revision: number) {
  const byPart = new Map<string, Element[]>();
  for (const element of elements.values()) {
    const part = partOf(element.id);
    const known = byPart.get(part);
    if (known === undefined) byPart.set(part, [element]);
    else known.push(element);
  }
  const drafts: Draft[] = [];
  for (const [count, part] of parts.entries()) {
    const [before, latest, held] = [keyframes.get(part), changed.get(part), byPart.get(part) ?? []];
    const keyframe = {
      part,
      revision,
      maxAt: Math.max(before?.maxAt ?? 0, latest?.maxAt ?? 0),
      maxKnownAt: Math.max(before?.maxKnownAt ?? 0, latest?.maxKnownAt ?? 0),
      elements: held.length,
    };
    if (latest === undefined) drafts.push({ keyframe, data: undefined, body: before?.body ?? 0 });
    else drafts.push({ keyframe, data: packElements(held), body: 0 });
    if (count % PARTS_PER_TURN === PARTS_PER_TURN - 1) await setImmediate();
  }
  return drafts;
}

async function written(writer: SqlWriter, cluster: string, drafts: readonly Draft[]): Promise<readonly Keyframe[]> {
  const [row] = await writer.rows(sql`SELECT max(body) FROM keyframe_data`);
  let body = numberCell(row?.[0] ?? 0);
  const data: [number, Uint8Array][] = [];
  const keyframes = drafts.map((draft): Keyframe => {
    if (draft.data === undefined) return { ...draft.keyframe, body: draft.body };
    body++;
    data.push([body, draft.data]);
    return { ...draft.keyframe, body };
  });
  await writer.append(KEYFRAME_DATA, data);
  await writer.append(KEYFRAMES, keyframes.values().map(keyframeRow(cluster)));
  return keyframes;
}
