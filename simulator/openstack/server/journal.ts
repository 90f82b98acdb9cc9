import type { ServiceName } from "./behaviour.ts";

/** One request that was read, with what became of it. */
export interface JournalEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly cluster: number;
  /** Undefined: at no service's place. */
  readonly service: ServiceName | undefined;
  readonly method: string;
  /** Below the service's place. */
  readonly path: string;
  readonly query: string;
  /** As it was asked for; undefined: not at all. */
  readonly microversion: string | undefined;
  /** Undefined: not answered yet, or never. */
  status: number | undefined;
}

/** Something a client did that it must not do, or that has no effect. */
export interface Violation {
  readonly at: number;
  readonly cluster: number;
  readonly request: string;
  readonly what: string;
}

/** Of each, the last so many are kept. */
const MOST_ENTRIES = 20_000;
const MOST_VIOLATIONS = 1_000;

export class Journal {
  #entries: JournalEntry[] = [];
  #violations: Violation[] = [];

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  write(entry: JournalEntry): JournalEntry {
    if (this.#entries.length >= 2 * MOST_ENTRIES) this.#entries = this.#entries.slice(-MOST_ENTRIES);
    this.#entries.push(entry);
    return entry;
  }

  blame(violation: Violation): void {
    if (this.#violations.length >= 2 * MOST_VIOLATIONS) this.#violations = this.#violations.slice(-MOST_VIOLATIONS);
    this.#violations.push(violation);
  }

  clear(): void {
    this.#entries = [];
    this.#violations = [];
  }
}
