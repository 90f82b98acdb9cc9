import type { Clock } from "../../core/clock.ts";
import type { SpoolPosition } from "../../store/metric-store.ts";
import { comparePositions, loadPosition, savePosition } from "./positions.ts";
import { isNoSpace } from "./problem.ts";

const SAVE_EVERY_MS = 1_000;

interface Consumer {
  position: SpoolPosition;
  saved: SpoolPosition | undefined;
  savedAtMs: number;
}

/** How far each consumer of a spool has come, in memory and, at most a second behind, on disk. */
export class Consumers {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #byName = new Map<string, Consumer>();

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** One without a position file begins at `oldest`. */
  async load(names: readonly string[], oldest: SpoolPosition): Promise<void> {
    for (const name of names) {
      const saved = await loadPosition(this.#folder, name);
      this.#byName.set(name, { position: saved ?? oldest, saved, savedAtMs: this.#clock.monotonicMs() });
    }
  }

  positionOf(name: string): SpoolPosition {
    return this.#of(name).position;
  }

  /** The place all consumers have passed; undefined when there is none. */
  slowest(): SpoolPosition | undefined {
    return [...this.#byName.values()].map((consumer) => consumer.position).sort(comparePositions)[0];
  }

  async advance(name: string, position: SpoolPosition): Promise<void> {
    const consumer = this.#of(name);
    consumer.position = position;
    const crossed = consumer.saved?.segment !== position.segment;
    if (crossed || this.#clock.monotonicMs() - consumer.savedAtMs >= SAVE_EVERY_MS) await this.#save(name, consumer);
  }

  async saveAll(): Promise<void> {
    for (const [name, consumer] of this.#byName) await this.#save(name, consumer);
  }

  /**
   * A full disk must not keep segments from being removed, or it would stay full: a position that could not be saved is
   * saved later, and one that lies in a removed segment is taken as the beginning of the oldest left.
   */
  async #save(name: string, consumer: Consumer): Promise<void> {
    const { position } = consumer;
    if (consumer.saved !== undefined && comparePositions(position, consumer.saved) === 0) return;
    try {
      await savePosition(this.#folder, name, position);
    } catch (cause) {
      if (isNoSpace(cause)) return;
      throw cause;
    }
    consumer.saved = position;
    consumer.savedAtMs = this.#clock.monotonicMs();
  }

  #of(name: string): Consumer {
    const consumer = this.#byName.get(name);
    if (consumer === undefined) throw new Error(`the spool has no consumer ${name}`);
    return consumer;
  }
}
