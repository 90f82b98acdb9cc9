import type { ChildProcess } from "node:child_process";
import { isRefusal } from "../unless-refused.ts";

/**
 * What `start` starts, or why the kernel does not: a host without memory (ENOMEM) or file descriptors (EMFILE) for another process is one
 * whose agent has to go on. A program that is not there is told by the child's event `error`, as ever.
 */
export function startedChild<T extends ChildProcess>(start: () => T): T | Error {
  try {
    const child = start();
    if (child.stdio !== undefined) return child;
    // Without descriptors for its pipes it was not even tried.
    child.on("error", () => undefined);
    return new Error("no file descriptors are left");
  } catch (thrown) {
    if (isRefusal(thrown)) return thrown;
    throw thrown;
  }
}
