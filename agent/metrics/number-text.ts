/** A decimal number, undefined when the text is none: a value the kernel did not give is left out, never zero. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** A field of line protocol that is written as an integer. */
export function intOf(text: string | undefined): { readonly int: number } | undefined {
  const value = numberOf(text);
  return value === undefined ? undefined : { int: value };
}

/** As `intOf`, of a value that counts units of several bytes. */
export function scaledIntOf(text: string | undefined, factor: number): { readonly int: number } | undefined {
  const value = numberOf(text);
  return value === undefined ? undefined : { int: value * factor };
}

/** As `numberOf`, divided: ticks or milliseconds to seconds. */
export function dividedOf(text: string | undefined, divisor: number): number | undefined {
  const value = numberOf(text);
  return value === undefined ? undefined : value / divisor;
}
