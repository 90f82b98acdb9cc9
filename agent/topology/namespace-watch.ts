import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { NAMED_NAMESPACES_FOLDER } from "./namespace-scan.ts";

const HINT = "raise fs.inotify.max_user_instances and fs.inotify.max_user_watches";

/** Tells when a named namespace comes or goes. The folder is made with the first one; until then its parent is watched. */
export function watchNamedNamespaces(onChange: (name: string | undefined) => void, log: Log, lifetime: Lifetime): void {
  let watcher: FSWatcher | undefined;

  function watchFolder(): void {
    watcher?.close();
    const exists = statSync(NAMED_NAMESPACES_FOLDER, { throwIfNoEntry: false }) !== undefined;
    const folder = exists ? NAMED_NAMESPACES_FOLDER : dirname(NAMED_NAMESPACES_FOLDER);
    try {
      watcher = watch(folder, (event, name) => {
        if (exists) {
          onChange(name ?? undefined);
          if (event === "rename" && statSync(folder, { throwIfNoEntry: false }) === undefined) watchFolder();
        } else if (name === "netns") {
          watchFolder();
          onChange(undefined);
        }
      });
      // The folder went away under the watch; the full reading each minute still finds what changed.
      watcher.on("error", () => watcher?.close());
    } catch (thrown) {
      // As many programs watch as the kernel allows (EMFILE, ENOSPC), or the folder went away meanwhile.
      log.warn({ folder, reason: messageOf(thrown), hint: HINT }, "named namespaces are looked for once a minute only");
    }
  }

  watchFolder();
  lifetime.defer("watch of named namespaces", () => watcher?.close());
}
