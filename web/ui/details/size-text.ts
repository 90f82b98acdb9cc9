import { quantityText } from "./quantity.ts";

/** A size with its unit where the attribute's name says that it is one: `memory_bytes`, `memory_mib`, `speed_mbps`. */
export function sizeText(name: string | undefined, value: number): string | undefined {
  if (name?.endsWith("_bytes") === true) return quantityText(value, "bytes");
  if (name?.endsWith("_mib") === true) return quantityText(value * 2 ** 20, "bytes");
  if (name?.endsWith("_mbps") === true && value >= 0) return quantityText(value * 1e6, "bits_per_second");
  return undefined;
}
