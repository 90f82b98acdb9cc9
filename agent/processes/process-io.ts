import { type NameTotals, nameKey } from "./process-table.ts";

/** A name of more processes than this has no I/O: reading them all would cost more than it tells. */
export const MAX_PROCESSES_WITH_IO = 64;

export interface ProcessIo {
  readonly readBytes: number;
  readonly writeBytes: number;
}

/** What is remembered of I/O from one sample to the next; like CPU time, what a name moved goes on over a restart. */
export interface IoTable {
  readonly byProcess: ReadonlyMap<string, ProcessIo>;
  readonly byName: ReadonlyMap<string, ProcessIo>;
}

export interface IoReader {
  /** Undefined when it may not be read. */
  readonly readIo: (pid: string) => ProcessIo | undefined;
  /** Whether the process of this key began since the last sample. */
  readonly isNew: (key: string) => boolean;
}

const NOTHING: ProcessIo = { readBytes: 0, writeBytes: 0 };

export const NO_IO: IoTable = { byProcess: new Map(), byName: new Map() };

/** Bytes that went to and came from disks (not the page cache), from /proc/<pid>/io, which only root may read of all. */
export function parseProcessIo(text: string): ProcessIo | undefined {
  const read = /^read_bytes: (\d+)$/m.exec(text)?.[1];
  const written = /^write_bytes: (\d+)$/m.exec(text)?.[1];
  if (read === undefined || written === undefined) return undefined;
  return { readBytes: Number(read), writeBytes: Number(written) };
}

/**
 * Reads the I/O of all processes of these names. Of a process that `isNew` since the last sample all counts, of others what they
 * move from when they are first asked about. A name of which none could be read has no I/O; names that are not asked for any
 * more are forgotten.
 */
export function stepIo(before: IoTable, names: readonly NameTotals[], { readIo, isNew }: IoReader): IoTable {
  const byProcess = new Map<string, ProcessIo>();
  const byName = new Map<string, ProcessIo>();
  for (const { name, members } of names) {
    if (members.length > MAX_PROCESSES_WITH_IO) continue;
    const key = nameKey(name);
    let total = before.byName.get(key);
    for (const { pid, stat } of members) {
      const io = readIo(pid);
      if (io === undefined) continue;
      byProcess.set(stat.key, io);
      const was = before.byProcess.get(stat.key) ?? (isNew(stat.key) ? NOTHING : io);
      total = {
        readBytes: (total?.readBytes ?? 0) + Math.max(0, io.readBytes - was.readBytes),
        writeBytes: (total?.writeBytes ?? 0) + Math.max(0, io.writeBytes - was.writeBytes),
      };
    }
    if (total !== undefined) byName.set(key, total);
  }
  return { byProcess, byName };
}
