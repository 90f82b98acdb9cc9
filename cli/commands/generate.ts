import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "../command.ts";
import { generatedFiles } from "../generated-files.ts";

export const generateCommand: Command = {
  summary: "write the generated files of the source tree again",
  usage: "nephoscope generate",
  run: async (_args, { print }) => {
    const root = join(import.meta.dirname, "..", "..");
    for (const { path, text } of generatedFiles()) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
      print(path);
    }
    return 0;
  },
};
