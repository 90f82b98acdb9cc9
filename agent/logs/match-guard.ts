import { Script } from "node:vm";
import type { LogPattern } from "./log-pattern.ts";
import { type Matches, matchLines } from "./match-lines.ts";

/** What configured expressions may take over one piece of a log. */
const BUDGET_MS = 20;

/**
 * The watchdog's clock goes on while a busy host leaves this process no processor: who used less of one than most of the budget is
 * tried again, and given twice the time.
 */
const ATTEMPTS = 5;
const LEAST_OWN_MS = 15;

/** The only way in Node to end an expression that backtracks: V8 looks for the watchdog's word while it does. */
const SCRIPT = new Script("globalThis[Symbol.for('nephoscope.match')]()");
const ENTRY = Symbol.for("nephoscope.match");

export interface MatchGuard {
  matches(text: string, builtIn: readonly LogPattern[], configured: readonly LogPattern[]): readonly Matches[];
  /** Names of the configured patterns that took too long and are not looked for any more. */
  readonly tooSlow: ReadonlySet<string>;
}

/**
 * Looks for patterns. Those of the configuration get 20 ms of a processor for each piece of a log; one that has not come to an end by then is not
 * looked for any more until the agent starts again, and `onTooSlow` is told its name. Costs a tenth of a millisecond for each pattern
 * of the configuration, the ones built in cost nothing.
 */
export function createMatchGuard(onTooSlow: (pattern: string) => void): MatchGuard {
  const tooSlow = new Set<string>();

  function guarded(text: string, pattern: LogPattern): readonly Matches[] {
    let found: readonly Matches[] = [];
    Object.assign(globalThis, {
      [ENTRY]: () => {
        found = matchLines(text, [pattern]);
      },
    });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = process.threadCpuUsage();
      try {
        SCRIPT.runInThisContext({ timeout: BUDGET_MS * 2 ** attempt });
        return found;
      } catch (thrown) {
        if (!isTimeout(thrown)) throw thrown;
        const { user, system } = process.threadCpuUsage(before);
        if ((user + system) / 1_000 >= LEAST_OWN_MS) break;
      }
    }
    tooSlow.add(pattern.name);
    onTooSlow(pattern.name);
    return [];
  }

  return {
    tooSlow,
    matches: (text, builtIn, configured) => [
      ...matchLines(text, builtIn),
      ...configured.flatMap((pattern) => (tooSlow.has(pattern.name) ? [] : guarded(text, pattern))),
    ],
  };
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
