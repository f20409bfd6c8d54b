/** What comes up from below, within reach of the thumb: further steps, reasons, a note, a picture, navigation. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import type { Standing } from "../../phone/life";
import { isIos } from "../../phone/push";
import { goal } from "../../phone/where";
import type { Incident } from "../../phone/wire";
import type { PhoneKey } from "../../phone/words";
import { FALSE_ALARM_REASONS } from "../../wire";
import { steps } from "./bar";
import { icon, type IconName } from "./icons";
import type { View } from "./view";

export function sheet(view: View, incident: Incident, now: Standing): TemplateResult {
  const { t, state, store, actions } = view;
  const close = () => (state.sheet === "picture" ? actions.dropPicture() : store.set({ sheet: null }));
  const heading = t(`${state.sheet!}.heading`);
  return html`
    <dialog class="sheet" ${ref(open)} aria-label=${heading} @cancel=${(event: Event) => { event.preventDefault(); close(); }}
      @click=${(event: Event) => { if (event.target === event.currentTarget) close(); }}>
      <div class="sheet-body">
        <h2>${heading}</h2>
        ${content(view, incident, now)}
        <button class="wide" data-do="cancel" @click=${close}>${t("cancel")}</button>
      </div>
    </dialog>
  `;
}

/** As a modal: focus stays in it, and what lies below is not read out. */
function open(element: Element | undefined): void {
  if (element instanceof HTMLDialogElement && !element.open) requestAnimationFrame(() => element.isConnected && !element.open && element.showModal());
}

function content(view: View, incident: Incident, now: Standing): TemplateResult {
  switch (view.state.sheet!) {
    case "more": return more(view, now);
    case "false_alarm": return reasons(view);
    case "note": return note(view);
    case "picture": return picture(view);
    case "navigate": return navigate(view, incident);
  }
}

function more({ t, actions }: View, now: Standing): TemplateResult {
  return html`${steps(now).map((one) => html`
    <button class="wide" data-do=${one} @click=${() => void actions.act(one)}>${icon(one as IconName)} ${t(`do.${one}` as PhoneKey)}</button>`)}`;
}

function reasons({ t, actions }: View): TemplateResult {
  return html`<div class="reasons">${FALSE_ALARM_REASONS.map((one) => html`
    <button data-reason=${one} @click=${() => void actions.act("false_alarm", { reason: one })}>${t(`reason.${one}`)}</button>`)}</div>`;
}

function note({ t, state, actions }: View): TemplateResult {
  return html`
    <textarea rows="4" maxlength="2000" placeholder=${t("note.hint")} aria-label=${t("note.heading")} .value=${state.draft}
      @input=${(event: Event) => actions.write((event.target as HTMLTextAreaElement).value)}></textarea>
    <button class="primary wide" ?disabled=${state.draft.trim() === ""} @click=${() => void actions.sayNote()}>${t("note.send")}</button>
  `;
}

function picture({ t, state, actions }: View): TemplateResult {
  const { picture: taken } = state;
  if (taken === "busy" || taken === null) return html`<p class="empty" role="status">${t("picture.busy")}</p>`;
  if (taken === "unreadable") return html`<p class="notice" role="alert">${t("picture.unreadable")}</p>`;
  const kb = Math.ceil(taken.jpeg.byteLength / 1000);
  return html`
    <img class="preview" src=${taken.url} alt="" />
    <p class="fine">${t("picture.size", { kb })}${state.here ? ` · ${t("picture.with_place")}` : ""}</p>
    <input type="text" maxlength="500" placeholder=${t("picture.caption")} aria-label=${t("picture.caption")} .value=${state.draft}
      @input=${(event: Event) => actions.write((event.target as HTMLInputElement).value)} />
    <button class="primary wide" @click=${() => void actions.addPicture()}>${t("picture.send")}</button>
  `;
}

/** Links, not a map of ours: phones already know how to guide. Positions are WGS 84; Amap is told so, because maps in
 * China are otherwise shifted by some hundred metres (GCJ-02). */
function navigate({ t, store }: View, incident: Incident): TemplateResult {
  const target = goal(incident);
  if (!target) return html`<p>${t("where.none")}</p>`;
  const [lon, lat] = target.at.map((one) => one.toFixed(6)) as [string, string];
  const name = encodeURIComponent(t(`kind.${incident.kind}`));
  const links: [PhoneKey, string][] = [
    ...(isIos() ? [] : [["navigate.geo", `geo:${lat},${lon}?q=${lat},${lon}(${name})`] as [PhoneKey, string]]),
    ["navigate.amap", `https://uri.amap.com/navigation?to=${lon},${lat},${name}&mode=car&coordinate=wgs84&callnative=1`],
    ["navigate.apple", `https://maps.apple.com/?daddr=${lat},${lon}`],
    ["navigate.osm", `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=15/${lat}/${lon}`],
  ];
  return html`
    ${target.what === "camera" ? html`<p class="notice">${t("navigate.to_camera")}</p>` : nothing}
    ${links.map(([key, href]) => html`
      <a class="button wide" href=${href} target="_blank" rel="noopener noreferrer" @click=${() => store.set({ sheet: null })}>${t(key)}</a>`)}
  `;
}
