/**
 * Gives the memory of arrays back at once; they are empty from then on. Array buffers lie outside V8's heap, and V8 marks the
 * whole heap, however large it is, whenever some dozens of megabytes were allocated there: whoever needs large arrays often
 * and for a short time gives them back. Arrays may lie in one buffer; nothing else may.
 */
export function giveBack(arrays: Iterable<ArrayBufferView>): void {
  for (const { buffer } of arrays) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength > 0) buffer.transfer(0);
  }
}
