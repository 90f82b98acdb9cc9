import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where batches outlive the agent. What the disk refuses rejects. */
export interface BatchDisk {
  /** Names that were written, in any order. */
  names(): Promise<readonly string[]>;
  read(name: string): Promise<Buffer>;
  /** All of it or nothing is there by this name afterwards, whenever the agent is killed. */
  write(name: string, bytes: Buffer): Promise<void>;
  /** The same, before anything else happens: for an agent that ends. */
  writeNow(name: string, bytes: Buffer): void;
  remove(name: string): Promise<void>;
  /** Keeps it for whoever wants to look, out of the way. */
  setAside(name: string): Promise<void>;
}

const MODE = 0o640;

/**
 * One file for each batch. It is not forced to the disk: an agent that is killed loses nothing the kernel has taken, and what a power
 * failure takes is a few seconds of metrics.
 */
export function createBatchFolder(folder: string): BatchDisk {
  const at = (name: string) => join(folder, name);
  const made = () => mkdir(folder, { recursive: true, mode: 0o750 });
  return {
    async names() {
      await made();
      const all = await readdir(folder);
      // What a killed agent had not written to the end.
      for (const name of all) if (name.endsWith(".new")) await unlink(at(name)).catch(() => undefined);
      return all.filter((name) => name.endsWith(".batch"));
    },
    read: (name) => readFile(at(name)),
    async write(name, bytes) {
      await made();
      await writeFile(at(`${name}.new`), bytes, { mode: MODE });
      await rename(at(`${name}.new`), at(name));
    },
    writeNow(name, bytes) {
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      writeFileSync(at(`${name}.last.new`), bytes, { mode: MODE });
      renameSync(at(`${name}.last.new`), at(name));
    },
    remove: (name) => unlink(at(name)),
    setAside: (name) => rename(at(name), at(`${name}.damaged`)),
  };
}
