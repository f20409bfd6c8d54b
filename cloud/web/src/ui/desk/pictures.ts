/** The pictures of a fire: before, when it was confirmed, the clip, and what people took on the spot. */
import { html, nothing, type TemplateResult } from "lit-html";
import { fieldPictureUrl } from "../../desk/api";
import { mediaUrl } from "../../client";
import { latestReports } from "../../map/features";
import type { FieldPicture, Incident, Suspicion } from "../../wire";
import { thumbnail } from "../picture";
import { clock, fullTime, type View } from "../view";

export function pictures(view: View, incident: Incident): TemplateResult {
  const { t } = view;
  const reports = latestReports(incident);
  if (reports.length === 0 && incident.pictures.length === 0) return html`<p class="muted">${t("desk.no_pictures")}</p>`;
  return html`
    ${reports.map((one) => sequence(view, one))}
    ${incident.pictures.length > 0
      ? html`<h3>${t("desk.field_pictures")}</h3>
          <div class="strip">${incident.pictures.map((one) => fromTheField(view, incident, one))}</div>`
      : nothing}
  `;
}

function sequence(view: View, one: Suspicion): TemplateResult {
  const { t } = view;
  const during = `${t(`fire.kind.${one.kind}`)}, ${one.deployment}, ${fullTime(view, one.observed_at)}`;
  return html`
    <h3>${one.deployment} <span class="muted small">${clock(view, one.observed_at)}</span></h3>
    <div class="strip">
      ${one.before_media_id
        ? shot(t("desk.before"), thumbnail(view, one.before_media_id, `${t("desk.before")}, ${one.deployment}`))
        : nothing}
      ${shot(t("desk.during"), thumbnail(view, one.media_id, during, one.box, "picture.not_yet"))}
      ${one.clip_media_id
        ? shot(t("desk.clip"), html`<video class="clip" controls muted loop playsinline preload="none"
            aria-label=${`${t("desk.clip")}, ${one.deployment}`} src=${mediaUrl(one.clip_media_id)}></video>`)
        : nothing}
    </div>
  `;
}

function shot(caption: string, picture: TemplateResult): TemplateResult {
  return html`<figure>${picture}<figcaption>${caption}</figcaption></figure>`;
}

function fromTheField(view: View, incident: Incident, one: FieldPicture): TemplateResult {
  const address = fieldPictureUrl(incident.id, one.id);
  const words = `${one.account}, ${clock(view, one.taken_at)}`;
  return html`<figure>
    <a class="thumb" href=${address} target="_blank" rel="noopener"><img src=${address} alt=${one.note ?? words} loading="lazy" /></a>
    <figcaption>${words}${one.note ? html`<br />${one.note}` : nothing}</figcaption>
  </figure>`;
}
