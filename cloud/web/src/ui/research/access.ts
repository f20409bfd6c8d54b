/** What QGIS, notebooks and scripts need: the reserve's address, and a token of one's own. */
import { html, nothing, type TemplateResult } from "lit-html";
import { copyText } from "../../copy";
import type { IssuedToken, Token } from "../../research/wire";
import { card } from "../desk/parts";
import { icon } from "../icons";
import { fullTime, type View } from "../view";

export function accessCard(view: View): TemplateResult {
  const { t, state } = view;
  const { tokens, issued } = state.research.files;
  return card(t("research.access"), html`
    <p>${t("research.access.what")}</p>
    <p class="small">${t("research.access.qgis")} <code data-figure="ogc">${location.origin}/ogc/${state.reserve?.slug}/</code></p>
    ${issued ? secret(view, issued) : nothing}
    ${tokens?.length ? html`<ul class="datasets">${tokens.map((one) => row(view, one))}</ul>` : nothing}
    <form class="pair even" @submit=${(event: SubmitEvent) => make(event, view)}>
      <label class="field">${t("research.access.name")}<input name="name" autocomplete="off" maxlength="100" required placeholder="QGIS" /></label>
      <button class="secondary">${icon("plus")} ${t("research.access.make")}</button>
    </form>
  `, nothing, "access");
}

/** The cloud keeps no secret: it can be shown this once. */
function secret({ t, actions }: View, one: IssuedToken): TemplateResult {
  const copy = async () => {
    actions.research.patch({ said: { key: (await copyText(one.secret)) ? "research.access.copied" : "count.copy_failed" } });
  };
  return html`
    <section class="cite" role="status" aria-label=${one.name}>
      <h3>${one.name}</h3>
      <p class="note small">${t("research.access.once")}</p>
      <blockquote lang="en" data-figure="token">${one.secret}</blockquote>
      <div class="buttons"><button class="secondary" data-action="copy-token" @click=${() => void copy()}>${t("research.access.copy")}</button></div>
    </section>
  `;
}

function row(view: View, one: Token): TemplateResult {
  const { t, state, actions } = view;
  const { files } = actions.research;
  const sure = state.research.files.removing === one.id;
  const used = one.last_used_at ? t("research.access.used", { when: fullTime(view, one.last_used_at) }) : t("research.access.unused");
  return html`
    <li data-token=${one.id}>
      <p><strong>${one.name}</strong></p>
      <p class="small muted">${t("research.access.made", { when: fullTime(view, one.created_at) })} ${used}</p>
      <div class="buttons">
        ${sure
          ? html`<button class="grave" @click=${() => void files.revokeToken(one.id)}>${t("research.access.revoke_sure")}</button>
              <button class="secondary" @click=${() => files.set({ removing: null })}>${t("desk.cancel")}</button>`
          : html`<button class="secondary" @click=${() => files.set({ removing: one.id })}>${icon("trash")} ${t("research.access.revoke")}</button>`}
      </div>
    </li>
  `;
}

async function make(event: SubmitEvent, { actions }: View): Promise<void> {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const name = (form.elements.namedItem("name") as HTMLInputElement).value.trim();
  if (name && (await actions.research.files.issueToken(name))) form.reset();
}
