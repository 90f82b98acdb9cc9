import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { messageOf, OperatorError } from "../../core/errors.ts";
import type { ElementChange, Utterance } from "../day/utterance.ts";
import { parseRecordedLine, type RecordedLine } from "./parse-line.ts";
import type { RecordingHead } from "./write.ts";

export interface Replay {
  readonly head: RecordingHead;
  /** The utterances in their order, each alone. Errors: OperatorError `simulate.recording`. */
  readonly utterances: AsyncIterable<Utterance>;
}

/**
 * Reads a recording. It keeps what each host has, since a host may be asked for its whole state at any moment: about
 * 1.2 KB an element. Errors: OperatorError `simulate.recording`.
 */
export async function openReplay(path: string): Promise<Replay> {
  const lines = linesOf(path)[Symbol.asyncIterator]();
  const first = await lines.next();
  const head = first.done === true ? undefined : first.value;
  if (head?.kind !== "begin") throw notARecording(path, 1);
  return { head, utterances: spoken({ [Symbol.asyncIterator]: () => lines }) };
}

async function* spoken(lines: AsyncIterable<RecordedLine>): AsyncGenerator<Utterance> {
  const hosts = new Map<string, Map<ElementId, Element>>();
  for await (const line of lines) {
    switch (line.kind) {
      case "begin":
        continue;
      case "appears": {
        const state = new Map(line.elements.map((element) => [element.id, element]));
        hosts.set(line.host, state);
        yield { ...line, elements: () => [...state.values()] };
        continue;
      }
      case "changes": {
        const { atMs, host, kind, put, remove } = line;
        yield { kind, atMs, host, changes: applied(hosts.get(host) ?? new Map(), put, remove) };
        continue;
      }
      default:
        yield line;
    }
  }
}

function applied(
  state: Map<ElementId, Element>,
  put: readonly Element[],
  remove: readonly ElementId[],
): readonly ElementChange[] {
  const removals = remove.map((id): ElementChange => ({ id, before: state.get(id), after: undefined }));
  const puts = put.map((after): ElementChange => ({ id: after.id, before: state.get(after.id), after }));
  for (const id of remove) state.delete(id);
  for (const element of put) state.set(element.id, element);
  return [...removals, ...puts];
}

async function* linesOf(path: string): AsyncGenerator<RecordedLine> {
  let number = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      number++;
      const line = parseRecordedLine(text);
      if (line === undefined) throw notARecording(path, number);
      yield line;
    }
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError({
      code: "simulate.recording",
      message: `${path}: ${messageOf(cause)}`,
      hint: "name a file that --record has written",
      cause,
    });
  }
}

function notARecording(path: string, line: number): OperatorError {
  return new OperatorError({
    code: "simulate.recording",
    message: `${path}: line ${line} is not one of a recording of this version`,
    hint: "name a file that --record has written; a run that was killed may have left its last line unfinished",
  });
}
