import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { Element } from "../../core/element.ts";

/** Elements turned into text at once, between two turns of the event loop. */
const SLICE = 500;

type Chunks = AsyncIterable<readonly Element[]>;

/** A `TopologyResponse` as JSON; no more of it is in memory than what the connection has not taken yet. */
export function jsonStream(head: object, chunks: Chunks): Readable {
  const opening = JSON.stringify(head).slice(0, -1);
  return Readable.from(text(chunks, { before: `${opening},"elements":[`, between: ",", after: "]}" }));
}

/** The same as NDJSON: first a line with everything but the elements, then one line an element. */
export function ndjsonStream(head: object, chunks: Chunks): Readable {
  return Readable.from(text(chunks, { before: JSON.stringify(head), between: "\n", after: "\n", isLines: true }));
}

/** Elements that are in memory already, a slice at a time. */
export async function* sliced(elements: Iterable<Element>): Chunks {
  let slice: Element[] = [];
  for (const element of elements) {
    slice.push(element);
    if (slice.length < SLICE) continue;
    yield slice;
    slice = [];
    await setImmediate();
  }
  if (slice.length > 0) yield slice;
}

interface Form {
  readonly before: string;
  readonly between: string;
  readonly after: string;
  /** Whether `between` also stands between `before` and the first element. */
  readonly isLines?: boolean;
}

async function* text(chunks: Chunks, { before, between, after, isLines = false }: Form): AsyncIterable<string> {
  yield before;
  let isFirst = !isLines;
  for await (const chunk of chunks) {
    for await (const slice of sliced(chunk)) {
      const joined = slice.map((element) => JSON.stringify(element)).join(between);
      yield isFirst ? joined : between + joined;
      isFirst = false;
    }
  }
  yield after;
}
