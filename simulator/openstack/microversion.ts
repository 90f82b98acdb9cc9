/** A microversion as one number that compares: `2.100` is after `2.60`. Undefined when it is not written as one. */
export function microversionOf(text: string): number | undefined {
  const match = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 1_000 + Number(match[2]);
}

/** One that is known to be well written. */
export function knownMicroversion(text: string): number {
  const number = microversionOf(text);
  if (number === undefined) throw new RangeError(`not a microversion: ${text}`);
  return number;
}

export function microversionText(number: number): string {
  return `${Math.floor(number / 1_000)}.${number % 1_000}`;
}
