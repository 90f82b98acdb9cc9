/** What may be in memory at once of bodies that are being received or looked at. */
export interface AdmissionLimits {
  readonly bodies: number;
  readonly bytes: number;
}

/** The place of one body. */
export interface Place {
  /** Takes room for more bytes of it; false when there is none. */
  grow(bytes: number): boolean;
  leave(): void;
}

/** Counts bodies from their headers on until they are answered. A single body is always let in, and may be of any size. */
export class Admission {
  readonly #limits: AdmissionLimits;
  #bodies = 0;
  #bytes = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Undefined when there is no room. */
  enter(bytes: number): Place | undefined {
    const isFull = this.#bodies >= this.#limits.bodies || this.#bytes + bytes > this.#limits.bytes;
    if (isFull && this.#bodies > 0) return undefined;
    this.#bodies++;
    this.#bytes += bytes;
    let held = bytes;
    let isInside = true;
    return {
      grow: (more) => {
        if (!isInside) return false;
        if (this.#bytes + more > this.#limits.bytes && this.#bodies > 1) return false;
        this.#bytes += more;
        held += more;
        return true;
      },
      leave: () => {
        if (!isInside) return;
        isInside = false;
        this.#bodies--;
        this.#bytes -= held;
      },
    };
  }
}
