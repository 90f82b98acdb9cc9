import type { Unit } from "./chart-plan.ts";

const DECIMAL = ["", "k", "M", "G", "T", "P"] as const;
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** A value with its unit, three digits: `12.4 Mbit/s`, `3.82 GiB`, `41 %`. */
export function quantityText(value: number, unit: Unit): string {
  switch (unit) {
    case "bits_per_second":
      return scaled(value, 1_000, DECIMAL, "bit/s");
    case "packets_per_second":
      return scaled(value, 1_000, DECIMAL, "p/s");
    case "bytes_per_second":
      return `${scaled(value, 1_024, BINARY, "")}/s`;
    case "per_second":
      return `${scaled(value, 1_000, DECIMAL, "").trim()}/s`;
    case "seconds":
      return durationText(value);
    case "bytes":
      return scaled(value, 1_024, BINARY, "");
    case "percent":
      return `${digits(value)} %`;
    case "load":
      return digits(value);
    case "count":
      return scaled(value, 1_000, DECIMAL, "").trim();
  }
}

function scaled(value: number, base: number, prefixes: readonly string[], unit: string): string {
  let [rest, power] = [value, 0];
  while (Math.abs(rest) >= base && power < prefixes.length - 1) [rest, power] = [rest / base, power + 1];
  return `${digits(rest)} ${prefixes[power]}${unit}`;
}

function durationText(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0 || size >= 1) return `${digits(seconds)} s`;
  return size >= 0.001 ? `${digits(seconds * 1_000)} ms` : `${digits(seconds * 1_000_000)} µs`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.01) return value.toPrecision(1);
  const places = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return String(Number(value.toFixed(places)));
}
