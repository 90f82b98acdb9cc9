import { schedule } from "node-cron";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";

/** Calls `run` when it is time, never twice at once. Returns how to stop. */
export type Schedule = (cron: string, run: () => Promise<void>) => () => void | Promise<void>;

/** `name` says in the log whose schedule it is. Times are in this machine's time zone. */
export function cronSchedule(name: string, log: Log): Schedule {
  const said = (level: "info" | "warn" | "error" | "debug") => (message: string | Error) =>
    log[level]({ said: messageOf(message) }, name);
  const logger = { info: said("info"), warn: said("warn"), error: said("error"), debug: said("debug") };
  return (cron, run) => {
    // A failure nobody can act on is a bug: it ends the process instead of being a line of the schedule's log.
    const runOrEnd = () =>
      run().catch((error: unknown) => {
        setImmediate(() => {
          throw error;
        });
      });
    const task = schedule(cron, runOrEnd, { name, noOverlap: true, unref: true, logger });
    return () => task.destroy();
  };
}
