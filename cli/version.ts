import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Version of this installation, from package.json. */
export function installedVersion(): string {
  const text = readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8");
  const version = /"version":\s*"([^"]+)"/.exec(text)?.[1];
  if (version === undefined) throw new Error("package.json has no version");
  return version;
}
