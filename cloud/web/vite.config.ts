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
          // What both apps use stands in a file of its own: else one of them would have to load the other for it. What the
          // map's first page needs stands in few: with a file for each set of pages that share something it asked for
          // twenty, which took as long as the script of the map itself.
          groups: [
            { name: "shared", priority: 4, test: /\/lit-html\/|preload-helper|\/src\/(client|early|held|live|language|geo|uuid|reactive|wire)\.ts|\/src\/phone\/(route|cloud|kept|leave|outbox|push)\.ts/ },
            { name: "words", priority: 3, test: /\/src\/i18n\/(?!phone|push)/ },
            { name: "maplibre", priority: 2, test: /\/maplibre-gl\/dist\/maplibre-gl\.mjs|\/src\/map\/(features|sky|sources|style)\.ts/ },
            { name: "app", priority: 1, test: /\/src\/(actions|alarms)\.ts|\/src\/(live-view\/session|research\/\w+|ui\/(desk|map|research)\/(parts|shifts|legend|sheet|series-plot)|ui\/(header|picture|map-frame))\.ts/ },
          ],
        },
      },
    },
  },
  worker: { format: "es" },
  server: { proxy: { "/api": process.env.FIELDWATCH_API ?? "http://127.0.0.1:8080" } },
  test: { include: ["test/**/*.test.ts"] },
});
