import { isRecord } from "../../core/json.ts";

/** A member of a value that came as JSON; undefined where there is none of that type. */
export function textAt(value: unknown, name: string): string | undefined {
  const member = isRecord(value) ? value[name] : undefined;
  return typeof member === "string" && member !== "" ? member : undefined;
}

/** As above; what is no finite number is none. */
export function numberAt(value: unknown, name: string): number | undefined {
  const member = isRecord(value) ? value[name] : undefined;
  return typeof member === "number" && Number.isFinite(member) ? member : undefined;
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
