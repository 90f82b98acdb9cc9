import type { ToldEvent } from "../../core/agent-protocol.ts";

/** Events that wait for the collector, of one agent. At the bound the oldest goes first, as with a real agent. */
const MAX_WAITING = 2_000;

/** What an agent has still to tell of what happened. It outlives the agent, as that of a real one on disk does. */
export class EventBox {
  #waiting: readonly ToldEvent[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(events: readonly ToldEvent[]): void {
    this.#waiting = [...this.#waiting, ...events].slice(-MAX_WAITING);
  }

  /** The oldest, without taking them. */
  peek(most: number): readonly ToldEvent[] {
    return this.#waiting.slice(0, most);
  }

  /** The collector has them, or will never take them. */
  taken(events: readonly ToldEvent[]): void {
    const ids = new Set(events.map(({ id }) => id));
    this.#waiting = this.#waiting.filter(({ id }) => !ids.has(id));
  }
}
