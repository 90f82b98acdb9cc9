import type { Contents } from "../model/contents.ts";
import { type Atlas, place } from "./atlas.ts";

/** The atlases of this page's session, one per host. Giving the same contents again changes nothing. */
export class AtlasBook {
  readonly #atlases = new Map<string, Atlas>();

  atlasFor(contents: Contents): Atlas {
    const atlas = place(this.#atlases.get(contents.host), contents);
    this.#atlases.set(contents.host, atlas);
    return atlas;
  }

  /** The next atlas of this host is laid out anew: a new edition of its map. */
  forget(host: string): void {
    this.#atlases.delete(host);
  }
}
