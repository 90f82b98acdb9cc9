import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type KernelRecord, parseKernelRecord } from "./kernel-record.ts";

export const KERNEL_LOG = "/dev/kmsg";
/** Major 1, minor 11: Documentation/admin-guide/devices.txt. In containers other things go by its name. */
const KMSG_DEVICE = (1 << 8) | 11;
/** CONSOLE_EXT_LOG_MAX of the kernel: no record is longer. */
const RECORD_BYTES = 8192;
const RECORDS_IN_A_TURN = 200;

/** The kernel's ring of messages, without waiting. */
export interface KernelLog {
  /** Hands over what was written since, in turns of the event loop; the rest of more than `maxRecords` stays for the next time. */
  read(maxRecords: number, take: (records: readonly KernelRecord[]) => void): Promise<void>;
  close(): void;
}

/** Undefined when it is not there or may not be read (`dmesg_restrict` without CAP_SYSLOG). */
export function openKernelLog(path = KERNEL_LOG): KernelLog | undefined {
  const opened = unlessRefused(() => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (typeof opened !== "number") return undefined;
  const descriptor = opened;
  if (fstatSync(descriptor).rdev !== KMSG_DEVICE) {
    closeSync(descriptor);
    return undefined;
  }
  const buffer = Buffer.allocUnsafeSlow(RECORD_BYTES);

  let isClosed = false;

  function next(): KernelRecord | "end" | undefined {
    // Its number may be another file's by now.
    if (isClosed) return "end";
    const got = unlessRefused(() => readSync(descriptor, buffer, 0, RECORD_BYTES, null));
    if (typeof got === "number") return parseKernelRecord(buffer.toString("latin1", 0, got));
    // EPIPE: what was to be read next was overwritten; the next read goes on with the oldest there is.
    return got === "EPIPE" ? undefined : "end";
  }

  return {
    async read(maxRecords, take) {
      for (let count = 0; count < maxRecords; ) {
        const records: KernelRecord[] = [];
        let isEnd = false;
        for (let n = 0; n < RECORDS_IN_A_TURN && !isEnd; n++, count++) {
          const record = next();
          if (record === "end") isEnd = true;
          else if (record !== undefined) records.push(record);
        }
        if (records.length > 0) take(records);
        if (isEnd) return;
        await new Promise(setImmediate);
      }
    },
    close() {
      isClosed = true;
      closeSync(descriptor);
    },
  };
}

/** The kernel's refusal is its code. */
function unlessRefused(read: () => number): number | string {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && "syscall" in thrown) return String(thrown.code);
    throw thrown;
  }
}
