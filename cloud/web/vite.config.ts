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
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What both apps use stands in a file of its own: else one of them would have to load the other for it.
          groups: [
            { name: "shared", test: /\/lit-html\/|\/src\/(client|live|language|geo|uuid|reactive)\.ts|\/src\/phone\/(route|cloud|kept|leave|outbox|push)\.ts/ },
          ],
        },
      },
    },
  },
  worker: { format: "es" },
  server: { proxy: { "/api": process.env.FIELDWATCH_API ?? "http://127.0.0.1:8080" } },
  test: { include: ["test/**/*.test.ts"] },
});
