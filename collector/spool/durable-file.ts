import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Makes a folder, and those above it, so that none of their names is lost with the power. For the start: it waits for the disk. */
export function makeFolder(folder: string): void {
  const made = mkdirSync(folder, { recursive: true, mode: 0o750 });
  if (made === undefined) return;
  const first = resolve(made);
  for (let each = resolve(folder); ; each = dirname(each)) {
    const above = openSync(dirname(each), "r");
    try {
      fsyncSync(above);
    } finally {
      closeSync(above);
    }
    if (each === first) return;
  }
}

/** Makes names created, renamed and removed in a folder survive a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** How names of files end that are to replace another. */
export const TEMPORARY = ".tmp";

/** Replaces a file so that after a crash either the old or the new content is there, whole. */
export async function replaceFile(folder: string, name: string, content: string | Buffer): Promise<void> {
  const temporary = `${folder}/${name}${TEMPORARY}`;
  try {
    const handle = await open(temporary, "w");
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, `${folder}/${name}`);
  } catch (cause) {
    // On a full disk it would be in the way.
    await unlink(temporary).catch(() => {});
    throw cause;
  }
  await syncFolder(folder);
}

/** Writes all bytes at a position, however many calls that takes. */
export async function writeFully(handle: Pick<FileHandle, "write">, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const result = await handle.write(bytes, written, bytes.length - written, position + written);
    written += result.bytesWritten;
  }
}

/** Bytes from a position on; fewer than asked for at the end of the file. */
export async function readFully(path: string, position: number, length: number): Promise<Buffer> {
  const handle = await open(path, "r");
  try {
    const bytes = Buffer.allocUnsafe(length);
    let read = 0;
    while (read < length) {
      const { bytesRead } = await handle.read(bytes, read, length - read, position + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return bytes.subarray(0, read);
  } finally {
    await handle.close();
  }
}
