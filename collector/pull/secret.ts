import { readFile } from "node:fs/promises";
import { messageOf } from "../../core/errors.ts";
import type { PullProblem } from "./problem.ts";

/** A file is read each time, since what is in it may be renewed. */
export type Secret =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "file"; readonly path: string };

export async function secretText(secret: Secret): Promise<string | PullProblem> {
  if (secret.kind === "text") return secret.text;
  try {
    return (await readFile(secret.path, "utf8")).trim();
  } catch (error) {
    const reason = `cannot read the secret: ${messageOf(error)}`;
    return { reason, hint: "check the path, and that this user may read it" };
  }
}
