import { Turns } from "../../collector/ingest/turns.ts";
import { paceOf } from "../../collector/pull/pace.ts";
import { type PullWriter, RoundLines } from "../../collector/pull/pull-writer.ts";
import { startRounds } from "../../collector/pull/rounds.ts";
import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";

export interface LineRoundsOptions {
  readonly name: string;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly writer: PullWriter;
  /** Line protocol of one round. */
  lines(): Iterable<string>;
}

const NO_WAITING = { atOnce: 1, waiting: 1, waitMs: 1 };

/** Writes lines the way of all other samples at each interval, until the lifetime ends. */
export function startLineRounds(
  { name, intervalMs, clock, writer, lines }: LineRoundsOptions,
  lifetime: Lifetime,
): void {
  const rounds = startRounds({
    pace: paceOf(name, intervalMs),
    clock,
    turns: new Turns(NO_WAITING),
    run: async () => {
      const round = new RoundLines();
      for (const line of lines()) round.add(line);
      await writer.write(round);
    },
    onMissed: () => {},
  });
  lifetime.defer(name, () => rounds.stop());
}
