import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";

/** Different ones of an agent's life that are said; a defect may say something new each time. */
const MAX_SAID = 50;

export interface DefectLog {
  say(probe: string, thrown: unknown): void;
}

/** Says each defect of a probe once, with where it is in the code: samples come every few seconds, and a log is to stay readable. */
export function createDefectLog(log: Log): DefectLog {
  const said = new Set<string>();
  return {
    say(probe, thrown) {
      const key = `${probe} ${messageOf(thrown)}`;
      if (said.has(key) || said.size >= MAX_SAID) return;
      said.add(key);
      log.error(
        {
          probe,
          err: thrown,
          hint: "this is a defect of the agent: please report it with this line; other sources go on",
        },
        "probe failed",
      );
    },
  };
}
