import { type Element, isLink } from "../../core/element.ts";
import { identifiersOf } from "../identifiers.ts";
import { type ElementTable, move } from "./element-table.ts";
import { HashMultimap } from "./hash-multimap.ts";
import { hashOfText } from "./text-hash.ts";

/** Beginnings of names that are indexed; a longer one is looked up by the next shorter and compared. */
const PREFIX_LENGTHS = [14, 8, 4, 1] as const;
const PREFIX_SEED = 0x2f0b4c47;
const NONE: readonly number[] = [];

/**
 * Finds elements by what `identifiersOf` says of them, and by how their names begin. Keeps hashes only and asks the
 * element itself, so that it takes about 12 bytes an identifier.
 */
export class IdentifierIndex {
  readonly #table: ElementTable;
  readonly #entries = new HashMultimap();

  constructor(table: ElementTable) {
    this.#table = table;
  }

  replace(slot: number, before: Element | undefined, after: Element | undefined): void {
    move(this.#entries, slot, hashesOf(before), hashesOf(after));
  }

  *withIdentifier(token: string): Generator<Element> {
    for (const slot of this.#entries.valuesOf(hashOfText(token))) {
      const element = this.#table.at(slot);
      if (element !== undefined && identifiersOf(element).includes(token)) yield element;
    }
  }

  *withName(prefix: string): Generator<Element> {
    const wanted = prefix.toLowerCase();
    const length = PREFIX_LENGTHS.find((indexed) => indexed <= wanted.length);
    const candidates = length === undefined ? undefined : this.#entries.valuesOf(prefixHash(wanted, length));
    for (const element of candidates === undefined ? this.#table.elements() : this.#elementsIn(candidates)) {
      if (!isLink(element) && element.name.toLowerCase().startsWith(wanted)) yield element;
    }
  }

  *#elementsIn(slots: Iterable<number>): Generator<Element> {
    for (const slot of slots) {
      const element = this.#table.at(slot);
      if (element !== undefined) yield element;
    }
  }
}

/** Each once, so that what is taken away for one version is what was put there for it. */
function hashesOf(element: Element | undefined): readonly number[] {
  if (element === undefined) return NONE;
  const hashes = identifiersOf(element).map((token) => hashOfText(token));
  if (!isLink(element)) {
    const name = element.name.toLowerCase();
    for (const length of PREFIX_LENGTHS) if (name.length >= length) hashes.push(prefixHash(name, length));
  }
  return hashes.length < 2 ? hashes : [...new Set(hashes)];
}

function prefixHash(name: string, length: number): number {
  return hashOfText(name.slice(0, length), PREFIX_SEED);
}
