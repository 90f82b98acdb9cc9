import { closeSync, openSync, writeSync } from "node:fs";
import { messageOf, OperatorError } from "../../core/errors.ts";
import type { Utterance } from "../day/utterance.ts";

/** A recording begins with this line. */
export interface RecordingHead {
  readonly seed: number;
  /** Epoch milliseconds. */
  readonly began_at: number;
}

export const RECORDING_FORMAT = 1;

/** One line of JSON for one utterance: the same utterance, the same bytes. */
export function utteranceLine(utterance: Utterance): string {
  const { kind, atMs: at_ms, host } = utterance;
  const head = { kind, at_ms, host };
  switch (utterance.kind) {
    case "appears": {
      const { cluster, bootId: boot_id, memory } = utterance;
      return JSON.stringify({ ...head, cluster, boot_id, memory, elements: utterance.elements() });
    }
    case "changes": {
      const put = utterance.changes.flatMap(({ after }) => after ?? []);
      const remove = utterance.changes.flatMap(({ id, after }) => (after === undefined ? [id] : []));
      return JSON.stringify({ ...head, put, remove });
    }
    case "events":
      return JSON.stringify({ ...head, events: utterance.events });
    case "falls-silent":
      return JSON.stringify({ ...head, how: utterance.how });
    case "clock":
      return JSON.stringify({ ...head, skew_ms: utterance.skewMs });
    case "metrics":
      return JSON.stringify({ ...head, sampled_ms: utterance.sampledMs, lines: utterance.lines });
  }
}

export function headLine(head: RecordingHead): string {
  return JSON.stringify({ kind: "begin", format: RECORDING_FORMAT, ...head });
}

/** Takes lines, one after the other. */
export interface LineSink {
  write(line: string): void;
  close(): void;
}

const CHUNK_CHARS = 1 << 18;

/** A file that is written in chunks. Errors: OperatorError `simulate.file`. */
export function openLineFile(path: string): LineSink {
  const file = attempt(path, () => openSync(path, "w"));
  let chunk = "";
  const flush = () => {
    const bytes = Buffer.from(chunk);
    chunk = "";
    for (let done = 0; done < bytes.length; ) done += attempt(path, () => writeSync(file, bytes, done));
  };
  return {
    write(line) {
      chunk += `${line}\n`;
      if (chunk.length >= CHUNK_CHARS) flush();
    },
    close() {
      flush();
      closeSync(file);
    },
  };
}

export function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new OperatorError({
      code: "simulate.file",
      message: `${path}: ${messageOf(cause)}`,
      hint: "choose a file in a folder that exists, that this user may write to, on a disk with space left",
      cause,
    });
  }
}
