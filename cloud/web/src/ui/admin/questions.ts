/** What is asked before something that nothing brings back. */
import { html, nothing, type TemplateResult } from "lit-html";
import { bytes, type Question } from "../../admin/state";
import { fullTime } from "../view";
import { formFailure, question, type AdminView } from "./parts";

export function questions(view: AdminView, asked: Question): TemplateResult {
  const { t, admin } = view;
  const failure = formFailure(view);
  switch (asked.kind) {
    case "delete_zone":
      return question(view, t("admin.ask_zone", { name: asked.name }), html`<p>${t("admin.ask_zone_body")}</p>${failure}`, {
        submit: t("admin.zone_delete"), send: () => void admin.deleteZone(asked.id),
      });
    case "end_camera":
      return question(view, t("admin.ask_end", { name: asked.name }), html`<p>${t("admin.ask_end_body")}</p>${failure}`, {
        submit: t("admin.camera_end"), send: () => void admin.endCamera(asked.id),
      });
    case "node_password":
      return question(view, t("admin.ask_node", { node: asked.node }), html`<p>${t("admin.ask_node_body")}</p>${failure}`, {
        submit: t("admin.node_renew"), send: () => void admin.renewNode(asked.node),
      });
    case "new_code":
      return question(view, t("admin.ask_code", { node: asked.node }), html`<p>${t("admin.ask_code_body")}</p>${failure}`, {
        submit: t("admin.code_new"), send: () => void admin.newCode(asked.node, asked.name),
      });
    case "revoke_node":
      return question(view, t("admin.ask_revoke", { node: asked.node }), html`<p>${t("admin.ask_revoke_body")}</p>${failure}`, {
        submit: t("admin.revoke"), send: () => void admin.revokeNode(asked.node),
      });
    case "disable":
      return question(view, t("admin.ask_disable", { name: asked.person.name }), html`<p>${t("admin.ask_disable_body")}</p>${failure}`, {
        submit: t("admin.person_disable"), send: () => void admin.changePerson(asked.person, { disabled: true }),
      });
    case "leave_reserve":
      return question(view, t("admin.ask_leave", { name: asked.person.name }), html`<p>${t("admin.ask_leave_body")}</p>${failure}`, {
        submit: t("admin.person_leave"), send: () => void admin.setRoles(asked.person, []),
      });
    case "new_link":
      return question(view, t("admin.ask_link", { name: asked.person.name }), html`
        <p>${t("admin.ask_link_body")}</p>
        ${asked.person.tokens > 0
          ? html`<label class="choice"><input type="checkbox" name="tokens" /> <span>${t("admin.ask_tokens", { n: asked.person.tokens })}</span></label>`
          : nothing}${failure}`, {
        submit: t("admin.person_new_link"), send: (form) => void admin.newLink(asked.person, form.get("tokens") !== null),
      });
    case "retention":
      return retention(view, asked);
  }
}

function retention(view: AdminView, { rules, preview }: Extract<Question, { kind: "retention" }>): TemplateResult {
  const { t, state, admin } = view;
  const total = preview.reduce((sum, one) => sum + one.pictures, 0);
  const count = (n: number) => n.toLocaleString(state.language);
  const body = rules.length === 0
    ? html`<p>${t("admin.ask_keep_all")}</p>`
    : html`
        <ul class="preview">
          ${preview.map((one) => html`<li data-kind=${one.kind}>
            <strong>${t(`admin.kind.${one.kind}`)}</strong>
            <span>${one.pictures === 0 ? t("admin.preview_none") : t("admin.preview", { n: count(one.pictures), bytes: bytes(one.bytes, state.language) })}</span>
            ${one.first && one.last ? html`<span class="small muted">${t("admin.preview_span", { first: fullTime(view, one.first), last: fullTime(view, one.last) })}</span>` : nothing}
            ${one.evidence > 0 ? html`<span class="small muted">${t("admin.preview_evidence", { n: count(one.evidence) })}</span>` : nothing}
            ${one.labelled > 0 ? html`<span class="small muted">${t("admin.preview_labelled", { n: count(one.labelled) })}</span>` : nothing}
          </li>`)}
        </ul>
        <p class="note">${t("admin.ask_retention_body")}</p>`;
  return question(view, t("admin.ask_retention"), html`${body}${formFailure(view)}`, {
    submit: total > 0 ? t("admin.retention_remove", { n: count(total) }) : t("desk.save"), send: () => void admin.putRetention(rules),
  });
}
