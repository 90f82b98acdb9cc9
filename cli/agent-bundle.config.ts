import { join } from "node:path";
import { defineConfig } from "vite";

const ROOT = join(import.meta.dirname, "..");

/**
 * `nephoscope agent` in one file, so that an agent needs neither the type stripper nor hundreds of modules. Its text stays in memory: without
 * blanks and comments, and with one byte for each character, which a single wider one would make two. Names stay, for traces of the stack.
 */
export default defineConfig({
  root: ROOT,
  ssr: { noExternal: true, external: ["bufferutil", "utf-8-validate", "supports-color"] },
  build: {
    ssr: join(ROOT, "cli/agent-main.ts"),
    outDir: join(ROOT, ".runtime/agent"),
    emptyOutDir: true,
    target: "node24",
    minify: false,
    rolldownOptions: {
      output: {
        format: "cjs",
        entryFileNames: "agent.cjs",
        codeSplitting: false,
        minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
      },
    },
  },
  plugins: [
    {
      // engine.io looks for the browser's WebSocket and uses `ws`: looking alone makes Node load its HTTP client, some megabytes.
      name: "no look at the global WebSocket",
      transform(code, id) {
        if (!/engine\.io-client\/.*\/transports\/websocket\.js$/.test(id)) return undefined;
        const without = code.replace(
          /globalThis(?:Shim)?\.WebSocket \|\| globalThis(?:Shim)?\.MozWebSocket/,
          "undefined",
        );
        if (without === code) this.error("engine.io-client looks for WebSocket in another way now");
        return { code: without, map: null };
      },
    },
    {
      name: "one byte a character",
      generateBundle(_options, bundle) {
        for (const file of Object.values(bundle)) {
          if (file.type === "chunk") file.code = file.code.replace(/[^\n\x20-\x7e]/gu, escaped);
        }
      },
    },
  ],
});

/** Characters beyond ASCII stand in texts and expressions only. */
function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join(
    "",
  );
}
