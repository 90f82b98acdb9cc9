import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generatedFiles } from "../../cli/generated-files.ts";

test.each(generatedFiles())("$path is what `nephoscope generate` writes", ({ path, text }) => {
  expect(readFileSync(join(import.meta.dirname, "../..", path), "utf8")).toBe(text);
});
