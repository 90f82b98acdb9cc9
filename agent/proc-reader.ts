import { closeSync, constants, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { unlessRefused } from "./unless-refused.ts";

/** A larger file is cut off here; the largest ones of /proc that are read grow with interfaces and mounts. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

/** A path may come from the command line of somebody's process: a named pipe there must not be waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** What probes need of /proc and /sys; a file that is absent or refuses to be read is undefined. */
export interface ProcReader {
  /** The whole file as latin1, since /proc holds bytes of any kind (a process may call itself anything). */
  text(path: string): string | undefined;
  /** Names in a folder, empty when it is absent. */
  names(path: string): readonly string[];
  /** Target of a symbolic link. */
  link(path: string): string | undefined;
}

/** Reads with one buffer that is used again for every file, so that a sample leaves little behind to collect. */
export function createProcReader(initialBytes = 64 * 1024): ProcReader {
  let buffer = Buffer.allocUnsafeSlow(initialBytes);

  function fill(descriptor: number, isOneRecord: boolean): number {
    let length = 0;
    for (;;) {
      const got = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += got;
      if (got === 0 || buffer.length >= MAX_FILE_BYTES) return length;
      if (isOneRecord && length < buffer.length) return length;
      if (length === buffer.length) {
        const larger = Buffer.allocUnsafeSlow(buffer.length * 2);
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
    }
  }

  return {
    text(path) {
      return unlessRefused(() => {
        const descriptor = openSync(path, FLAGS);
        try {
          return buffer.toString("latin1", 0, fill(descriptor, isOneRecord(path)));
        } finally {
          closeSync(descriptor);
        }
      });
    },
    names: (path) => unlessRefused(() => readdirSync(path)) ?? [],
    link: (path) => unlessRefused(() => readlinkSync(path)),
  };
}

/** The kernel gives these whole at the first read, if there is room: there are thousands of them, and half of the reads would be for nothing. */
function isOneRecord(path: string): boolean {
  return path.endsWith("/stat") || path.endsWith("/io") || path.startsWith("/sys/class/net/");
}
