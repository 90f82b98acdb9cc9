import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isRecord } from "../../core/json.ts";

/**
 * Makes a folder, and those above it, so that none of their names is lost with the power: not even where a process that made one was
 * killed before it could see to that. For the start: it waits for the disk.
 */
export function makeFolder(folder: string): void {
  const path = resolve(folder);
  const above = dirname(path);
  if (above === path) return;
  if (!existsSync(path)) makeFolder(above);
  mkdirSync(path, { recursive: true, mode: 0o750 });
  syncFolderNow(above);
}

function syncFolderNow(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, "r");
  } catch (cause) {
    // One that may be passed through and not be read: somebody else made it, and what is in it.
    if (isRecord(cause) && cause.code === "EACCES") return;
    throw cause;
  }
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
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
