import { row } from "./collector-figures.ts";

/** Rows of a bench, some of which tell of a bound: one that is not met makes the bench end with 1. */
export class JudgedRows {
  readonly #short: string[] = [];

  /** `isMet` is of the bound alone; `found` and `aim` may tell of more. */
  row(name: string, found: string, { aim, isMet }: { readonly aim: string; readonly isMet: boolean }): void {
    row(name, found, aim);
    if (!isMet) this.#short.push(`${name} (aim ${aim}): ${found}`);
  }

  /** The last line that a bench prints, and its exit code. */
  end(): void {
    const count = this.#short.length;
    console.log(count === 0 ? "every bound is met" : `not met: ${this.#short.join(" | ")}`);
    if (count > 0) process.exitCode = 1;
  }
}
