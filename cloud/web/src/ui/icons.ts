import { html, svg, type TemplateResult } from "lit-html";
import { FIRE_SHAPES, HEALTH_SHAPES, ICONS } from "../shapes";
import type { HealthStatus } from "../wire";

export function icon(name: keyof typeof ICONS): TemplateResult {
  return drawing("icon", svg`<path fill-rule="evenodd" d=${ICONS[name]}></path>`);
}

export function healthIcon(status: HealthStatus): TemplateResult {
  const { outline, mark } = HEALTH_SHAPES[status];
  return drawing(
    `icon health ${status}`,
    svg`<path class="outline" fill-rule="evenodd" d=${outline}></path><path class="mark" d=${mark}></path>`,
  );
}

export function fireIcon(kind: "smoke" | "fire"): TemplateResult {
  return drawing(`icon ${kind}`, svg`<path d=${FIRE_SHAPES[kind]}></path>`);
}

function drawing(classes: string, paths: unknown): TemplateResult {
  return html`<svg class=${classes} viewBox="0 0 24 24" aria-hidden="true" focusable="false">${paths}</svg>`;
}
