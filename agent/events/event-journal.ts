import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { messageOf } from "../../core/errors.ts";
import type { HostEvent } from "../../core/host-event.ts";
import { isRecord, parseJson } from "../../core/json.ts";
import type { Log } from "../../core/log.ts";

/** An event with its number, which rises by one with each of an outbox. */
export interface NumberedEvent {
  readonly number: number;
  readonly event: HostEvent;
}

/** What a journal says. */
export interface JournalState {
  /** Tells the numbers of this journal from those of one that was lost. */
  readonly outbox: string;
  /** The last number that was given away. */
  readonly last: number;
  readonly waiting: readonly NumberedEvent[];
}

type Entry =
  | { readonly outbox: string; readonly last: number }
  | { readonly number: number; readonly event: HostEvent }
  | { readonly taken: number };

/** It is written anew when it has this many lines more than it needs. */
const NEEDLESS_LINES = 1_000;

/** A line: CRC-32 of the JSON in hexadecimal, a space, the JSON. */
export function journalLine(entry: Entry): string {
  const json = JSON.stringify(entry);
  return `${crc32(json).toString(16)} ${json}\n`;
}

/** Reads up to the first line that is torn or damaged; `isWhole`: there was none. Undefined when not even the first line is good. */
export function readJournal(text: string): { readonly state: JournalState; readonly isWhole: boolean } | undefined {
  let state: JournalState | undefined;
  for (const line of text.split("\n").slice(0, -1)) {
    const json = line.slice(line.indexOf(" ") + 1);
    const entry = crc32(json).toString(16) === line.slice(0, line.indexOf(" ")) ? parseJson(json) : undefined;
    if (!isRecord(entry)) return state && { state, isWhole: false };
    if (state === undefined) {
      if (typeof entry.outbox !== "string" || typeof entry.last !== "number") return undefined;
      state = { outbox: entry.outbox, last: entry.last, waiting: [] };
    } else state = { ...state, ...afterEntry(state, entry) };
  }
  return state && { state, isWhole: text.endsWith("\n") };
}

function afterEntry({ last, waiting }: JournalState, entry: Record<string, unknown>): Partial<JournalState> {
  if (typeof entry.taken === "number") {
    const taken = entry.taken;
    return { waiting: waiting.filter(({ number }) => number > taken) };
  }
  // One that is there twice was written by the agent that ended while it was being written.
  if (typeof entry.number !== "number" || entry.number <= last) return {};
  return { last: entry.number, waiting: [...waiting, { number: entry.number, event: entry.event as HostEvent }] };
}

/** What an agent before left in a journal, which is set aside when it is damaged; undefined when there is nothing that can be read. */
export function loadJournal(path: string, log: Log): JournalState | undefined {
  const text = textOf(path);
  if (text === undefined) return undefined;
  const read = readJournal(text);
  if (read?.isWhole === true) return read.state;
  const events = read?.state.waiting.length ?? 0;
  log.warn({ file: path, events }, "events on disk are damaged at the end, set aside");
  try {
    renameSync(path, `${path}.damaged`);
  } catch (thrown) {
    log.warn({ file: path, reason: messageOf(thrown) }, "damaged events cannot be set aside");
  }
  return read?.state;
}

/** The file of an outbox. What the disk refuses is said once; the outbox then goes on from memory, and the file is made anew later. */
export interface EventJournal {
  append(entry: Entry): void;
  /** Puts on disk what is not yet, before it returns. */
  end(): void;
  /** Settles when all is on disk, or was refused. */
  readonly written: Promise<unknown>;
}

/** Begins with the whole of `state`, which is asked for whenever the file is written anew. */
export function createEventJournal(path: string, state: () => JournalState, log: Log): EventJournal {
  let unwritten: string[] = [];
  let lines = 0;
  let isBehind = true;
  let isAsked = false;
  let refusedSaid = false;
  let done: Promise<unknown> = Promise.resolve();

  async function work(): Promise<void> {
    isAsked = false;
    const isRenewed = isBehind || lines > state().waiting.length + NEEDLESS_LINES;
    const part = isRenewed ? entriesOf(state()) : unwritten;
    unwritten = [];
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
      await writeFile(isRenewed ? `${path}.new` : path, part.join(""), { mode: 0o640, flag: isRenewed ? "w" : "a" });
      if (isRenewed) await rename(`${path}.new`, path);
      lines = isRenewed ? part.length : lines + part.length;
      [isBehind, refusedSaid] = [false, false];
    } catch (thrown) {
      refused(thrown);
    }
  }

  function refused(thrown: unknown): void {
    // What was not written is still in the state.
    [isBehind, unwritten] = [true, []];
    const said = { file: path, reason: messageOf(thrown) };
    if (!refusedSaid) log.warn(said, "events cannot be kept on disk, they wait in memory");
    refusedSaid = true;
  }

  function ask(): void {
    if (!isAsked) done = done.then(work);
    isAsked = true;
  }

  ask();
  return {
    append(entry) {
      unwritten.push(journalLine(entry));
      ask();
    },
    end() {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
        writeFileSync(`${path}.last.new`, entriesOf(state()).join(""), { mode: 0o640 });
        renameSync(`${path}.last.new`, path);
      } catch (thrown) {
        refused(thrown);
      }
    },
    get written() {
      return done;
    },
  };
}

function entriesOf({ outbox, last, waiting }: JournalState): readonly string[] {
  const first = waiting[0]?.number ?? last + 1;
  return [journalLine({ outbox, last: first - 1 }), ...waiting.map((it) => journalLine(it))];
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
