/** Reporting a fire that somebody saw or told of by telephone: its place, or where he stood and the direction. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { LonLat } from "../../geo";
import { toWall, fromWall } from "../../time";
import { uuid } from "../../uuid";
import type { NewFireReport } from "../../desk/wire";
import { coordinates } from "../fire-facts";
import { icon } from "../icons";
import { zoneOf, type View } from "../view";
import { dialog, field, select, text } from "./parts";

export function reportDialog(view: View): TemplateResult {
  const { t, state, actions } = view;
  const { picked, pickedAs } = state.desk;
  const pick = (picking: "place" | "standpoint") => actions.desk.patch({ picking, picked: null, pickedAs: picking });
  const send = (form: FormData) => {
    if (picked) void actions.desk.report(reportOf(form, picked, pickedAs, zoneOf(state)));
  };
  return dialog(view, t("desk.report"), html`
    <p class="muted">${t("desk.report_body")}</p>
    <div class="pair even">
      <button type="button" class="secondary" aria-pressed=${picked !== null && pickedAs === "place"} @click=${() => pick("place")}>${icon("place")} ${t("desk.pick_place")}</button>
      <button type="button" class="secondary" aria-pressed=${picked !== null && pickedAs === "standpoint"} @click=${() => pick("standpoint")}>${icon("person")} ${t("desk.pick_standpoint")}</button>
    </div>
    ${picked
      ? html`<p class="picked">${icon("check")} ${t(`desk.picked_${pickedAs}`)} <strong>${coordinates(picked)}</strong></p>`
      : html`<p class="small muted">${t("desk.pick_first")}</p>`}
    ${picked && pickedAs === "standpoint"
      ? field(t("desk.bearing"), html`<input name="bearing" type="number" min="0" max="359.9" step="0.1" required inputmode="decimal" />`, t("desk.bearing_hint"))
      : nothing}
    ${field(t("desk.what"), select("kind", [{ value: "smoke", words: t("fire.kind.smoke") }, { value: "fire", words: t("fire.kind.fire") }]))}
    ${field(t("desk.seen_at"), html`<input name="at" type="datetime-local" required .value=${toWall(state.now, zoneOf(state))} />`, t("desk.local_time", { zone: zoneOf(state) }))}
    ${field(t("desk.note_optional"), html`<textarea name="note" rows="2" maxlength="2000"></textarea>`)}`, {
    submit: t("desk.report_send"), send,
  });
}

export function reportOf(form: FormData, at: LonLat, as: "place" | "standpoint", zone: string): NewFireReport {
  const point = { type: "Point", coordinates: at } as const;
  const seen = Math.min(fromWall(text(form, "at")!, zone), Date.now());
  const note = text(form, "note");
  return {
    id: uuid(), observed_at: new Date(seen).toISOString(), kind: text(form, "kind") as NewFireReport["kind"],
    ...(as === "place" ? { location: point } : { standpoint: point, bearing_deg: Number(text(form, "bearing")) }),
    ...(note ? { note } : {}),
  };
}

/** Over the map while it is asked for a place. */
export function pickBar({ t, map, state, actions }: View): TemplateResult | typeof nothing {
  const { picking } = state.desk;
  if (!picking) return nothing;
  const camera = state.page === "admin"; // which asks for a camera's place, not for a fire's
  return html`
    <div class="crosshair" aria-hidden="true"></div>
    <section class="draw-bar" aria-label=${t(camera ? "admin.camera_add" : "desk.report")}>
      <p role="status">${t(camera ? "admin.picking" : `desk.picking_${picking}`)}</p>
      <p class="muted small keys">${t("desk.picking_keys")}</p>
      <div class="draw-buttons">
        <button class="primary" @click=${() => actions.desk.placeChosen(map.centre())}>${t("desk.pick_centre")}</button>
        <button class="secondary" @click=${() => actions.desk.patch({ picking: null })}>${t("desk.cancel")}</button>
      </div>
    </section>
  `;
}
