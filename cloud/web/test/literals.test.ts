/** No word stands in a template outside i18n/: it would be read in one language by all. The templates are read as the
 * compiler reads them, and then as the browser does: text between tags, and what is read out (aria-label, title, …). */
import ts from "typescript";
import { expect, it } from "vitest";

const SOURCES = import.meta.glob<string>(["../src/**/*.ts", "!../src/i18n/**", "!../src/api.d.ts"], { query: "?raw", import: "default", eager: true });
/** Names and signs that are the same in every language. */
const SAME_EVERYWHERE = new Set([
  "Fieldwatch", "CAP", "CSV", "JSON", "GeoJSON", "PNG", "PDF", "HTML", "UTC", "MaxN", "GPX", "KML", "km", "ha", "kB", "MB", "QGIS",
  "Panthera", "uncia", // as an example of a scientific name
]);
const READ_OUT = /\s(?:aria-label|title|placeholder|alt|aria-description|aria-roledescription)="([^"]*)"/g;

/** The words of one template that nobody translates; what is filled in is cut out. */
function wordsOf(template: ts.TemplateLiteral): string[] {
  const text = ts.isNoSubstitutionTemplateLiteral(template)
    ? template.text
    : [template.head.text, ...template.templateSpans.map((span) => span.literal.text)].join("\u0000");
  const plain = text.replace(/<!--[\s\S]*?-->/g, "").replace(/<style[\s\S]*?<\/style>/g, "");
  const readOut = [...plain.matchAll(READ_OUT)].map((match) => match[1]!);
  // What stands before the first tag's end may be a part of attributes; between > and < is text.
  const between = `>${plain}<`.match(/>[^<>]*</g) ?? [];
  return [...between.map((one) => one.slice(1, -1)), ...readOut]
    .flatMap((one) => one.split("\u0000"))
    // Entities and addresses are no words.
    .flatMap((one) => one.replace(/&\w+;|&#\d+;|\S*\/\S*/g, " ").match(/\p{Script=Han}+|[A-Za-z]{2,}/gu) ?? [])
    .filter((word) => !SAME_EVERYWHERE.has(word));
}

function untranslated(file: string, content: string): string[] {
  const source = ts.createSourceFile(file, content, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && /^(html|svg)$/.test(node.tag.getText(source))) {
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      found.push(...wordsOf(node.template).map((word) => `${file}:${line} ${word}`));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

it("finds a word between tags, and one that is read out", () => {
  const page = 'html`<p class="big">${t("a")} Hello</p><b aria-label="Close it">×</b><i title=${x}>${y}</i>相机`';
  expect(untranslated("page.ts", page)).toEqual(["page.ts:1 Hello", "page.ts:1 相机", "page.ts:1 Close", "page.ts:1 it"]);
  expect(untranslated("page.ts", 'html`<option value="7d" ?selected=${a > b}>${t("x")}</option> Fieldwatch`')).toEqual([]);
});

it("no word stands in a template outside i18n", () => {
  expect(Object.keys(SOURCES).length).toBeGreaterThan(100);
  const views = Object.entries(SOURCES).filter(([, content]) => /(html|svg)`/.test(content));
  expect(views.flatMap(([file, content]) => untranslated(file, content))).toEqual([]);
}, 60_000);
