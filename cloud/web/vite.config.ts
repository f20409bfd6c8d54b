import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { phoneShell } from "./shell.ts";

export default defineConfig({
  plugins: [phoneShell("/src/phone/app.ts", fileURLToPath(new URL("src/phone/worker/sw.ts", import.meta.url)))],
  build: {
    outDir: fileURLToPath(new URL("../fieldwatch_cloud/web", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // The page is served under a strict content security policy: nothing may be inlined as a data: URL.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200, // MapLibre alone
  },
  worker: { format: "es" },
  server: { proxy: { "/api": process.env.FIELDWATCH_API ?? "http://127.0.0.1:8080" } },
  test: { include: ["test/**/*.test.ts"] },
});
