import { join } from "node:path";
import { defineConfig } from "vite";

const ROOT = join(import.meta.dirname, "..");

/** `nephoscope agent` in one file, so that an agent needs neither the type stripper nor hundreds of modules. */
export default defineConfig({
  root: ROOT,
  ssr: { noExternal: true, external: ["bufferutil", "utf-8-validate", "supports-color"] },
  build: {
    ssr: join(ROOT, "cli/agent-main.ts"),
    outDir: join(ROOT, ".runtime/agent"),
    emptyOutDir: true,
    target: "node24",
    minify: false,
    rolldownOptions: { output: { format: "cjs", entryFileNames: "agent.cjs", codeSplitting: false } },
  },
});
