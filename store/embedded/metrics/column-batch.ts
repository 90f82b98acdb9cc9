import { giveBack } from "../../../core/array-memory.ts";
import { NumberBits } from "./value-codes.ts";

const FIRST_ROWS = 4_096;

/** Rows of one column in memory that is used again and again. */
export class ColumnBatch {
  series = new Int32Array(FIRST_ROWS);
  ms = new Int32Array(FIRST_ROWS);
  bits = new NumberBits(new Float64Array(FIRST_ROWS));
  length = 0;

  get values(): Float64Array {
    return this.bits.numbers;
  }

  get room(): number {
    return this.ms.length;
  }

  clear(): void {
    this.length = 0;
  }

  /** Room for so many rows; what is in it goes when there is none yet. */
  reserve(rows: number): void {
    if (rows <= this.room) return;
    this.giveBack();
    this.series = new Int32Array(rows);
    this.ms = new Int32Array(rows);
    this.bits = new NumberBits(new Float64Array(rows));
    this.length = 0;
  }

  /** It is of no use after it. */
  giveBack(): void {
    giveBack([this.series, this.ms, this.values]);
  }

  /** The bits of a NaN: as a number it may lose some. */
  putBits(row: number, { words }: NumberBits): void {
    this.bits.words[2 * row] = words[0] ?? 0;
    this.bits.words[2 * row + 1] = words[1] ?? 0;
  }
}
