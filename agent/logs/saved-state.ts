import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { messageOf } from "../../core/errors.ts";
import { parseJson } from "../../core/json.ts";
import type { Log } from "../../core/log.ts";
import { unlessRefused } from "../unless-refused.ts";

/** A small value that outlives the agent. Without a folder, or where it cannot be written, it is lost with the agent. */
export interface SavedState {
  /** What was saved last; undefined when there is nothing, or it is damaged. */
  load(): unknown;
  /** Settles when it is on disk, or could not be put there, which is said once. One save at a time; of several that wait the last counts. */
  save(value: unknown): Promise<void>;
}

/** The file is one line: the CRC-32 of what follows in hexadecimal, a space, JSON. It is replaced as a whole. */
export function createSavedState(folder: string | undefined, name: string, log: Log): SavedState {
  const path = folder === undefined ? undefined : join(folder, `${name}.json`);
  let written: string | undefined;
  let wanted: string | undefined;
  let saving: Promise<void> | undefined;
  let refusalSaid = false;

  async function write(to: string): Promise<void> {
    while (wanted !== undefined && wanted !== written) {
      const text = wanted;
      try {
        mkdirSync(dirname(to), { recursive: true, mode: 0o750 });
        const file = await open(`${to}.new`, "w", 0o640);
        try {
          await file.writeFile(`${crc32(text).toString(16)} ${text}\n`);
          await file.datasync();
        } finally {
          await file.close();
        }
        await rename(`${to}.new`, to);
        written = text;
        refusalSaid = false;
      } catch (thrown) {
        if (!refusalSaid) log.warn({ file: to, reason: messageOf(thrown) }, "place in the logs cannot be saved");
        refusalSaid = true;
        return;
      }
    }
  }

  return {
    load() {
      if (path === undefined) return undefined;
      const text = unlessRefused(() => readFileSync(path, "utf8"));
      if (text === undefined) return undefined;
      const [sum = "", json = ""] = [text.slice(0, text.indexOf(" ")), text.slice(text.indexOf(" ") + 1).trimEnd()];
      if (crc32(json).toString(16) === sum) return parseJson(json);
      log.warn({ file: path }, "saved place in the logs is damaged, set aside");
      unlessRefused(() => renameSync(path, `${path}.damaged`));
      return undefined;
    },
    save(value) {
      wanted = JSON.stringify(value);
      if (path === undefined) return Promise.resolve();
      saving ??= write(path).finally(() => {
        saving = undefined;
      });
      return saving;
    },
  };
}
