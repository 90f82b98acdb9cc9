/** What may be in memory at once of bodies that are being received or looked at. */
export interface AdmissionLimits {
  readonly bodies: number;
  readonly bytes: number;
}

/** Counts bodies from their headers on until they are answered. */
export class Admission {
  readonly #limits: AdmissionLimits;
  #bodies = 0;
  #bytes = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Returns how to leave again; undefined when there is no room. A single body is always let in. */
  enter(bytes: number): (() => void) | undefined {
    const isFull = this.#bodies >= this.#limits.bodies || this.#bytes + bytes > this.#limits.bytes;
    if (isFull && this.#bodies > 0) return undefined;
    this.#bodies++;
    this.#bytes += bytes;
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#bodies--;
      this.#bytes -= bytes;
    };
  }
}
