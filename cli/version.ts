import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Version of this installation, from the package.json above this file, wherever a bundle put it. */
export function installedVersion(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json")) && folder !== dirname(folder)) folder = dirname(folder);
  const version = /"version":\s*"([^"]+)"/.exec(readFileSync(join(folder, "package.json"), "utf8"))?.[1];
  if (version === undefined) throw new Error("package.json has no version");
  return version;
}
