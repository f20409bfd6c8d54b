/** The bar under the thumb: the next step large, notes and pictures beside it. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Standing } from "../../phone/life";
import type { PhoneKey } from "../../phone/words";
import type { ActionKind } from "../../phone/wire";
import { icon, type IconName } from "./icons";
import type { View } from "./view";

/** Those that one touch does; a false alarm asks for its reason first. */
const STEPS: readonly ActionKind[] = ["acknowledge", "on_my_way", "arrive", "contain", "close", "reopen", "release"];

export function steps(now: Standing): ActionKind[] {
  return now.may.filter((one) => STEPS.includes(one));
}

export function bar(view: View, now: Standing): TemplateResult {
  const { t, store, actions } = view;
  const [first, second] = steps(now);
  const more = steps(now).length > 2;
  return html`
    <nav class="bar" aria-label=${t("do.more")}>
      <div class="steps">
        ${[first, second].map((one, i) => one
          ? html`<button class=${i === 0 ? "primary" : "second"} data-do=${one} @click=${() => void actions.act(one)}>
              ${icon(one as IconName)} ${t(`do.${one}` as PhoneKey)}</button>`
          : nothing)}
      </div>
      <div class="also">
        <label class="button">
          ${icon("picture")} ${t("do.picture")}
          <input class="hidden" type="file" accept="image/*" capture="environment" data-do="picture" @change=${(event: Event) => chosen(view, event)} />
        </label>
        <button data-do="note" @click=${() => store.set({ sheet: "note" })}>${icon("note")} ${t("do.note")}</button>
        ${now.may.includes("false_alarm")
          ? html`<button data-do="false_alarm" @click=${() => store.set({ sheet: "false_alarm" })}>${icon("false_alarm")} ${t("do.false_alarm")}</button>`
          : nothing}
        ${more ? html`<button data-do="more" @click=${() => store.set({ sheet: "more" })}>${icon("more")} ${t("do.more")}</button>` : nothing}
      </div>
    </nav>
  `;
}

function chosen({ actions }: View, event: Event): void {
  const input = event.target as HTMLInputElement;
  const file = input.files?.[0];
  input.value = ""; // so that the same picture can be chosen again
  if (file) void actions.choosePicture(file);
}
