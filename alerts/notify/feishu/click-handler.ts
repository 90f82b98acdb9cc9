import type { Clock } from "../../../core/clock.ts";
import type { Log } from "../../../core/log.ts";
import type { Timers } from "../../timers.ts";
import { CallbackMemory } from "./callback-memory.ts";
import { answerCardAction, type CallbackAnswer, type CardAction, parseCardAction } from "./card-action.ts";
import type { Language } from "./texts.ts";

const REMEMBERED = { keptForMs: 10 * 60_000, most: 10_000 };

/** What the long connection hands over, answered in time, and each click heard once. */
export function createClickHandler(options: {
  readonly appId: string;
  readonly hear: (action: CardAction) => Promise<CallbackAnswer>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly language: Language;
  readonly signal: AbortSignal;
}): { handle(event: unknown): Promise<CallbackAnswer>; settled(): Promise<void> } {
  const { appId, clock, log } = options;
  const told = new CallbackMemory(REMEMBERED);
  const running = new Set<Promise<unknown>>();
  const hear = async (action: CardAction) => {
    const answering = options.hear(action);
    running.add(answering);
    try {
      return await answering;
    } finally {
      running.delete(answering);
    }
  };
  return {
    handle: async (event) => {
      const action = parseCardAction(event, appId);
      if (action === undefined) {
        log.warn({}, "callback of Feishu not understood");
        return {};
      }
      if (told.has(action.eventId)) return {};
      // Past the bound a click may be heard twice, which is better than not at all.
      told.accept(action.eventId, clock.now());
      return answerCardAction(action, { ...options, hear });
    },
    settled: async () => void (await Promise.allSettled(running)),
  };
}
