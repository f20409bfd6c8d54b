import { html } from "lit-html";
import type { CreatePage } from "../pages";

export const createPage: CreatePage = () => ({
  follow() {},
  leave() {},
  template: ({ t }) => html`<main id="panel" tabindex="-1"><h2>${t("page.admin")}</h2></main>`,
});
