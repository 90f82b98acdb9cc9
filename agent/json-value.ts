import { isRecord } from "../core/json.ts";

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What is no finite number is none. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A member of a value that came as JSON; undefined where there is none of that type. */
export function textAt(value: unknown, name: string): string | undefined {
  return isRecord(value) ? textOf(value[name]) : undefined;
}

/** As above. */
export function numberAt(value: unknown, name: string): number | undefined {
  return isRecord(value) ? numberOf(value[name]) : undefined;
}

/** As above; the members of an object that is not there are none. */
export function membersAt(value: unknown, name: string): readonly (readonly [string, unknown])[] {
  const member = isRecord(value) ? value[name] : undefined;
  return isRecord(member) ? Object.entries(member) : [];
}

/** As above; a list that is not there is empty. */
export function listAt(value: unknown, name: string): readonly unknown[] {
  const member = isRecord(value) ? value[name] : undefined;
  return Array.isArray(member) ? member : [];
}

export function textsAt(value: unknown, name: string): readonly string[] {
  return listAt(value, name).filter((item) => typeof item === "string");
}
