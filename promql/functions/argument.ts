import type { Call, Expr } from "../ast.ts";

/** The argument at a place; the types were checked, so its absence is a bug. */
export function argument(call: Call, index: number): Expr {
  const arg = call.args[index];
  if (arg === undefined) throw new Error(`${call.name} lost its argument ${index}`);
  return arg;
}
