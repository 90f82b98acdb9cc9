import { hashOfText } from "./text-hash.ts";

const PLACES = 1 << 16;
/** Longer texts hardly repeat. */
const MAX_LENGTH = 128;

/**
 * Lets equal texts be one text, so that a million elements do not hold "up" and their host's name a million times.
 * Remembers the last text of each of 65,536 places and nothing more, so that it stays small whatever it is shown.
 */
export class TextPool {
  readonly #places: (string | undefined)[] = new Array<string | undefined>(PLACES).fill(undefined);

  /** An equal text, the one seen before when it is still known. */
  same(text: string): string {
    if (text.length > MAX_LENGTH) return text;
    const place = hashOfText(text) & (PLACES - 1);
    const known = this.#places[place];
    if (known === text) return known;
    this.#places[place] = text;
    return text;
  }
}
