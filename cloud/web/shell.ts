/** Vite plugin: builds the service worker into /sw.js and tells it what the phone's app is made of, so that this is
 * all there without a link. The map's script (a megabyte) is not: a phone loads it when somebody asks for the map. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Plugin, type Rollup } from "vite";

const PUBLIC = ["icon.svg", "icon-192.png", "badge.png", "manifest.en.webmanifest", "manifest.zh.webmanifest"];

export function phoneShell(app: string, worker: string): Plugin {
  let files: string[] = [];
  let folder = "";
  return {
    name: "fieldwatch-phone-shell",
    apply: "build",
    writeBundle(options, bundle) {
      folder = options.dir!;
      const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
      const entry = chunks.find((one) => one.isEntry);
      const phone = chunks.find((one) => one.facadeModuleId?.endsWith(app));
      if (!entry || !phone) this.error(`the bundle has no ${app}`);
      const shell = filesOf([entry, phone], bundle);
      const others = chunks.filter((one) => shell.includes(one.fileName)).flatMap((one) => Object.keys(one.modules));
      const foreign = others.find((one) => /maplibre|\/src\/main\.ts/.test(one));
      if (foreign) this.error(`a ranger's phone would load ${foreign} at once: see codeSplitting in vite.config.ts`);
      files = ["index.html", ...shell, ...PUBLIC];
    },
    async closeBundle() {
      if (files.length === 0) return; // the build broke: Vite tells why
      const hash = createHash("sha256");
      for (const file of files) hash.update(file).update(readFileSync(join(folder, file)));
      await build({
        configFile: false,
        publicDir: false,
        logLevel: "warn",
        define: {
          __SHELL_VERSION__: JSON.stringify(hash.digest("hex").slice(0, 12)),
          __SHELL_FILES__: JSON.stringify(files.map((file) => (file === "index.html" ? "/" : `/${file}`))),
        },
        build: {
          outDir: folder,
          emptyOutDir: false,
          target: "es2022",
          lib: { entry: worker, formats: ["iife"], name: "fieldwatch", fileName: () => "sw.js" },
        },
      });
      compress(folder);
    },
  };
}

/** Beside each text file the same, packed: the server sends that where the browser takes it. A third of the bytes. */
function compress(folder: string): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.(js|css|svg|webmanifest)$/.test(file)) continue;
    const content = readFileSync(join(folder, file));
    if (content.length > 1000) writeFileSync(join(folder, `${file}.gz`), gzipSync(content, { level: 9 }));
  }
}

/** Scripts and styles that the chunks load at once, not those that they may ask for later. */
function filesOf(chunks: Rollup.OutputChunk[], bundle: Rollup.OutputBundle): string[] {
  const found = new Set<string>();
  function visit(chunk: Rollup.OutputChunk): void {
    if (found.has(chunk.fileName)) return;
    found.add(chunk.fileName);
    for (const style of chunk.viteMetadata?.importedCss ?? []) found.add(style);
    for (const name of chunk.imports) {
      const next = bundle[name];
      if (next?.type === "chunk") visit(next);
    }
  }
  chunks.forEach(visit);
  return [...found];
}
