import { isRecord } from "../../../core/json.ts";

/** The problem of a value, with its place; undefined when there is none. */
export type Check = (value: unknown, at: string) => string | undefined;
export type Shape = { readonly [property: string]: { readonly check: Check; readonly required?: true } };
export type Shapes = { readonly [tag: string]: Shape };

export const text: Check = (value, at) =>
  typeof value === "string" && value !== "" ? undefined : `${at} is not a text`;
export const anyText: Check = (value, at) => (typeof value === "string" ? undefined : `${at} is not a text`);
export const flag: Check = (value, at) => (typeof value === "boolean" ? undefined : `${at} is not a boolean`);
export const onlyTrue: Check = (value, at) => (value === true ? undefined : `${at} can only be true`);
export const link: Check = (value, at) =>
  typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value) ? undefined : `${at} is not a link`;
/** An object of whoever made the card, with any properties. */
export const anyObject: Check = (value, at) => (isRecord(value) ? undefined : `${at} is not an object`);
export const count =
  (least: number, most: number): Check =>
  (value, at) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `${at} is not a number from ${least} to ${most}`;
export const matching =
  (pattern: RegExp): Check =>
  (value, at) =>
    typeof value === "string" && pattern.test(value) ? undefined : `${at} is not like ${pattern}`;
export const oneOf =
  (...allowed: readonly string[]): Check =>
  (value, at) =>
    allowed.includes(String(value)) ? undefined : `${at} is none of ${allowed.join(", ")}`;
export const listOf =
  (check: Check, most: number): Check =>
  (value, at) => {
    if (!Array.isArray(value) || value.length === 0 || value.length > most)
      return `${at} is not a list of 1 to ${most}`;
    return firstProblem(value.map((item, i) => check(item, `${at}[${i}]`)));
  };
export const object =
  (shape: Shape): Check =>
  (value, at) =>
    isRecord(value) ? checkObject(value, shape, at) : `${at} is not an object`;
/** Elements are told apart by their tag; an unknown one is an error. Shapes that hold one another are given later. */
export const tagged =
  (shapes: Shapes | (() => Shapes)): Check =>
  (value, at) => {
    if (!isRecord(value)) return `${at} is not an object`;
    const known = typeof shapes === "function" ? shapes() : shapes;
    const shape = Object.hasOwn(known, String(value.tag)) ? known[String(value.tag)] : undefined;
    return shape === undefined ? `${at} has the unknown tag ${String(value.tag)}` : checkObject(value, shape, at);
  };

export function checkObject(value: Record<string, unknown>, shape: Shape, at: string): string | undefined {
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(shape, name));
  if (unknown !== undefined) return `${at} has the unknown property ${unknown}`;
  return firstProblem(
    Object.entries(shape).map(([name, { check, required }]) => {
      if (value[name] === undefined) return required === true ? `${at}.${name} is missing` : undefined;
      return check(value[name], `${at}.${name}`);
    }),
  );
}

function firstProblem(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}
