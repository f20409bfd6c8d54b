/** The map as an image: on paper, or as a file that explains itself (title, time, legend, scale, north). */
import { FIRE_SHAPES } from "../../shapes";
import { LAYER_IDS } from "../../map/layers";
import { marksOf, onMap } from "../../map/markers";
import { toneOf, type Tone } from "../../map/fires";
import type { MapPicture } from "../../map/picture";
import type { Token } from "../../map/symbols";
import { entriesOf, entryWords } from "./legend";
import { captions } from "./sheet";
import { fullTime } from "../../format";
import { zoneOf, type View } from "../view";

const RATIO = 2; // pixels of the image for one of the screen's
const WORDS = '"Inter", "Noto Sans SC", system-ui, sans-serif';
const TONES: Readonly<Record<Tone, Token>> = { fire: "--fire", smoke: "--smoke", drill: "--drill", held: "--muted" };
const MARGIN = 24;
const ROW = 24;

/** Prints in the light theme, whatever the screen shows: ink on paper. */
export async function printMap(view: View): Promise<void> {
  const { map, store, actions } = view;
  const picture = await map.inTheme("light", () => map.picture(RATIO));
  dress(picture, { ...view, state: store.state });
  const sheet = URL.createObjectURL(await blobOf(picture.canvas));
  try {
    actions.atlas.patch({ sheet, exporting: false });
    await drawn(".print-sheet img");
    window.print(); // returns when the dialog is closed
  } finally {
    actions.atlas.patch({ sheet: null });
    URL.revokeObjectURL(sheet);
  }
}

export async function savePng(view: View): Promise<void> {
  const { map, store } = view;
  const picture = await map.picture(RATIO);
  const now = { ...view, state: store.state };
  dress(picture, now);
  const url = URL.createObjectURL(await blobOf(framed(picture, now)));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${store.state.reserve?.slug ?? "map"}-${new Date(store.state.now).toISOString().slice(0, 10)}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** What lies over the map on the page, on the image: fires, the scale, and where north is. */
function dress({ canvas, ratio, width, height, metresPerPixel, project, colour }: MapPicture, { state, t }: View): void {
  const pen = canvas.getContext("2d")!;
  pen.save();
  pen.scale(ratio, ratio);
  for (const incident of state.atlas.layers.includes("incidents") ? onMap(state) : []) {
    for (const { at, offset } of marksOf(state, incident)) {
      const { x, y } = project(at);
      pen.fillStyle = colour(TONES[toneOf(incident)]);
      disc(pen, x + offset[0], y + offset[1], 17);
      pen.save();
      pen.translate(x + offset[0] - 11, y + offset[1] - 11);
      pen.scale(22 / 24, 22 / 24);
      pen.fillStyle = colour("--on-fire");
      pen.fill(new Path2D(FIRE_SHAPES[incident.kind]));
      pen.restore();
    }
  }
  scale(pen, width - 16, height - 16, metresPerPixel, colour);
  north(pen, width - 30, 40, t("map.north"), colour);
  pen.restore();
}

function disc(pen: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  pen.beginPath();
  pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.fill();
}

/** A bar of a round length, its right end at (x, y). */
function scale(pen: CanvasRenderingContext2D, x: number, y: number, metresPerPixel: number, colour: MapPicture["colour"]): void {
  const metres = roundBelow(150 * metresPerPixel);
  const length = metres / metresPerPixel;
  const words = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  pen.font = `600 12px ${WORDS}`;
  pen.textAlign = "center";
  pen.lineJoin = "round";
  for (const [stroke, width] of [[colour("--map-land"), 5], [colour("--text"), 2]] as const) {
    pen.strokeStyle = stroke;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(x - length, y - 7);
    pen.lineTo(x - length, y);
    pen.lineTo(x, y);
    pen.lineTo(x, y - 7);
    pen.stroke();
  }
  pen.strokeStyle = colour("--map-land");
  pen.lineWidth = 4;
  pen.strokeText(words, x - length / 2, y - 9);
  pen.fillStyle = colour("--text");
  pen.fillText(words, x - length / 2, y - 9);
}

/** 1, 2 or 5 times a power of ten. */
export function roundBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [5, 2, 1].find((one) => one * power <= value)! * power;
}

function north(pen: CanvasRenderingContext2D, x: number, y: number, words: string, colour: MapPicture["colour"]): void {
  pen.fillStyle = colour("--text");
  pen.strokeStyle = colour("--map-land");
  pen.lineWidth = 4;
  const arrow = new Path2D(`M${x} ${y - 22}L${x + 9} ${y + 6}L${x} ${y}L${x - 9} ${y + 6}Z`);
  pen.stroke(arrow);
  pen.fill(arrow);
  pen.font = `700 13px ${WORDS}`;
  pen.textAlign = "center";
  pen.strokeText(words, x, y + 21);
  pen.fillText(words, x, y + 21);
}

/** The image between a title and a legend. */
function framed(picture: MapPicture, view: View): HTMLCanvasElement {
  const { state, t } = view;
  const { canvas: image, ratio, width, colour } = picture;
  const said = captions(view);
  const canvas = document.createElement("canvas");
  const entries = LAYER_IDS.filter((id) => state.atlas.layers.includes(id)).flatMap((id) => entriesOf(id, state).map((entry) => ({ entry, id })));
  const pen = canvas.getContext("2d")!;
  pen.font = `13px ${WORDS}`;
  const column = 50 + Math.max(...entries.map(({ entry }) => pen.measureText(entryWords(view, entry)).width));
  const columns = Math.max(1, Math.floor((width - 2 * MARGIN) / column));
  const rows = Math.ceil(entries.length / columns);
  const notes = [said.unseen, [`Fieldwatch · ${fullTime(state.now, zoneOf(state), state.language)}`, zoneOf(state), said.sources].filter(Boolean).join(" · ")].filter((one) => one !== null);
  const [head, foot] = [MARGIN + 58 + (said.density ? 20 : 0), MARGIN + rows * ROW + 14 + notes.length * 18 + MARGIN - 8];
  canvas.width = image.width;
  canvas.height = image.height + (head + foot) * ratio;
  pen.fillStyle = colour("--panel");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, head * ratio);
  pen.scale(ratio, ratio);
  const write = (words: string, x: number, y: number, font: string, token: Token) => {
    pen.font = `${font} ${WORDS}`;
    pen.fillStyle = colour(token);
    pen.fillText(words, x, y, width - x - 8); // narrower letters where a line would not fit
  };
  pen.textAlign = "left";
  write(said.title, MARGIN, MARGIN + 18, "650 24px", "--text");
  write(said.time, MARGIN, MARGIN + 42, "14px", "--muted");
  if (said.density) write(`${said.density} (${t("legend.density.unit")})`, MARGIN, MARGIN + 62, "14px", "--muted");
  const top = head + image.height / ratio + MARGIN;
  entries.forEach(({ entry }, i) => {
    const [x, y] = [MARGIN + Math.floor(i / rows) * column, top + (i % rows) * ROW];
    pen.save();
    pen.translate(x, y - 3);
    pen.scale(18 / 24, 18 / 24);
    for (const one of entry.strokes) {
      const path = new Path2D(one.d);
      pen.globalAlpha = one.opacity ?? 1;
      pen.setLineDash(one.dash?.split(" ").map(Number) ?? []);
      if (one.fill) {
        pen.fillStyle = colour(one.fill);
        pen.fill(path, "evenodd");
      }
      if (one.stroke) {
        pen.strokeStyle = colour(one.stroke);
        pen.lineWidth = one.width ?? 1;
        pen.stroke(path);
      }
    }
    pen.restore();
    write(entryWords(view, entry), x + 26, y + 11, "13px", "--text");
  });
  notes.forEach((words, i) => write(words, MARGIN, top + rows * ROW + 22 + i * 18, "12px", "--muted"));
  return canvas;
}

function blobOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("the image is too large"))), "image/png"));
}

/** The image stands in the page, and is decoded: only then does it come onto the paper. */
async function drawn(selector: string): Promise<void> {
  for (let frame = 0; frame < 60; frame++) {
    const image = document.querySelector<HTMLImageElement>(selector);
    if (image) return void (await image.decode());
    await new Promise(requestAnimationFrame);
  }
}
